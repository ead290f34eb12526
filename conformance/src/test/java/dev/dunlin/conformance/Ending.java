package dev.dunlin.conformance;

import java.util.Set;

/**
 * How a case must end.
 *
 * @param clean whether the client began or answered the close handshake; otherwise the server fails
 *     the connection
 * @param codes the codes allowed in the server's one close frame; {@link Event#NO_CODE} for none
 */
record Ending(boolean clean, Set<Integer> codes) {

  static Ending clean(Integer... codes) {
    return new Ending(true, Set.of(codes));
  }

  static Ending fails(Integer... codes) {
    return new Ending(false, Set.of(codes));
  }

  @Override
  public String toString() {
    return (clean ? "closes cleanly " : "fails ") + codes.stream().sorted().toList();
  }
}
