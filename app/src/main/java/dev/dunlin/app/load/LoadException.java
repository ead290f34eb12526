package dev.dunlin.app.load;

/** The server did not do what the load needs; the message is one line for a person. */
public final class LoadException extends Exception {
  private static final long serialVersionUID = 1L;

  LoadException(String message) {
    super(message);
  }
}
