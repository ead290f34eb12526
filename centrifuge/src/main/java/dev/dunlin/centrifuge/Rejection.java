package dev.dunlin.centrifuge;

import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A command that is not carried out, or a client that has to go: what a hook throws to say no.
 *
 * <p>An ordinary outcome: it has no stack trace and is not logged.
 */
public final class Rejection extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient @Nullable ErrorCode error;
  private final transient @Nullable Disconnect disconnect;

  private Rejection(String message, @Nullable ErrorCode error, @Nullable Disconnect disconnect) {
    super(message, null, false, false);
    this.error = error;
    this.disconnect = disconnect;
  }

  /** The command is answered with this error; the connection goes on. */
  public static Rejection error(ErrorCode error) {
    return new Rejection(error.message(), error, null);
  }

  /** The connection is closed with this code. */
  public static Rejection disconnect(Disconnect disconnect) {
    return new Rejection(disconnect.reason(), null, disconnect);
  }

  /** The error to answer with, if it is one. */
  public Optional<ErrorCode> error() {
    return Optional.ofNullable(error);
  }

  /** The code to close with, if it is one. */
  public Optional<Disconnect> disconnect() {
    return Optional.ofNullable(disconnect);
  }

  /** The rejection inside a failure, if that is what it is. */
  static Optional<Rejection> in(Throwable failure) {
    return cause(failure) instanceof Rejection refused ? Optional.of(refused) : Optional.empty();
  }

  /** What failed, without the wrappings of stages. */
  static Throwable cause(Throwable failure) {
    var cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
