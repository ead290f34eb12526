package dev.dunlin.channels;

import org.jspecify.annotations.Nullable;

/**
 * A broker that cannot be reached, is overloaded or did not answer in time. What it was asked to do
 * may have been done or not; to try again later is right, and with an idempotency key it is safe.
 */
public final class BrokerUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says what is the matter, without secrets. */
  public BrokerUnavailableException(String message) {
    this(message, null);
  }

  /** Says what is the matter, without secrets, and what the driver said. */
  public BrokerUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
