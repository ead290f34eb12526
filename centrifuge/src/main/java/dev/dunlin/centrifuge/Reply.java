package dev.dunlin.centrifuge;

/** The answer to a command, under the command's id. */
sealed interface Reply {

  /** The id of the command that is answered. */
  long id();

  /** The command was carried out. */
  record Success(long id, Result result) implements Reply {}

  /**
   * The command failed.
   *
   * @param code 100 to 1999
   * @param temporary whether trying again later makes sense
   */
  record Failure(long id, int code, String message, boolean temporary) implements Reply {

    /** A failure with one of the protocol's codes. */
    static Failure of(long id, ErrorCode error) {
      return new Failure(id, error.code(), error.message(), error.temporary());
    }
  }
}
