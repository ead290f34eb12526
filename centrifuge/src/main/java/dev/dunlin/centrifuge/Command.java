package dev.dunlin.centrifuge;

import org.jspecify.annotations.Nullable;

/** What a client sends: a call with a request, or the pong that answers our ping. */
sealed interface Command {

  /** The largest id: an unsigned number of 32 bits. */
  long MAX_ID = 0xffff_ffffL;

  /** The answer to a ping; every empty command is one. */
  Pong PONG = new Pong();

  /** The answer to a ping. */
  record Pong() implements Command {}

  /**
   * A request that wants an answer, or a {@code send}, which gets none.
   *
   * @param id chosen by the client and echoed in the reply, at most {@link #MAX_ID}; 0 for a send
   *     without one
   */
  record Call(long id, Request request) implements Command {}

  /**
   * The command that these two fields make. An id of 0 is a pong unless the request is a send; a
   * call without a request is a protocol error.
   */
  static Command of(long id, @Nullable Request request) throws BadCommandException {
    if (request instanceof Request.SendRequest) {
      return new Call(id, request);
    }
    if (id == 0) {
      return PONG;
    }
    if (request == null) {
      throw new BadCommandException("a command without a request that the server knows");
    }
    return new Call(id, request);
  }
}
