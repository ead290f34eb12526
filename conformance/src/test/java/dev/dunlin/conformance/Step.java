package dev.dunlin.conformance;

import java.util.List;

/** One step of a {@link Case}: what the suite's client does, or waits for. */
sealed interface Step {

  /**
   * Sends bytes.
   *
   * @param pieceBytes how many octets per write; 0 sends all of them in one
   */
  record Send(byte[] bytes, int pieceBytes) implements Step {}

  /** Waits until the server has done exactly this, in this order, since the last expectation. */
  record Expect(List<Event> events) implements Step {}

  /** Waits until the server has done all of this, in whatever order. */
  record ExpectInAnyOrder(List<Event> events) implements Step {}

  /** Lets a second pass: nothing may happen meanwhile, and the connection stays open. */
  record Pause() implements Step {}

  /**
   * By here the server must have failed the connection: the case ends. A server that has not is
   * late, and the following steps find out whether it fails at all.
   */
  record FailedByNow() implements Step {}
}
