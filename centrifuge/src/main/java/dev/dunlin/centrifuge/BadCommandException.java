package dev.dunlin.centrifuge;

/**
 * Input that is not a message of the protocol. The endpoint answers it with {@link
 * Disconnect#BAD_REQUEST}; the message says what was wrong in words of our own, never in the
 * peer's. It has no stack trace, because bad input from a peer is ordinary.
 */
@SuppressWarnings("serial")
final class BadCommandException extends Exception {

  BadCommandException(String message) {
    super(message, null, false, false);
  }
}
