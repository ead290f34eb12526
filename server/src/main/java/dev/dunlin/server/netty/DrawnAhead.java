package dev.dunlin.server.netty;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/**
 * Unpredictable numbers, drawn ahead by the kilobyte: a client draws a mask key for every frame
 * (RFC 6455, 5.3), and a draw of four octets costs about as much as one of a thousand. Every number
 * is given out once and then erased. Confined to one thread.
 */
final class DrawnAhead implements RandomGenerator {

  private static final int BYTES = 4096;

  private final SecureRandom source;
  private final ByteBuffer drawn = ByteBuffer.allocate(BYTES).limit(0);

  DrawnAhead(SecureRandom source) {
    this.source = source;
  }

  private int draw(int bytes) {
    if (drawn.remaining() < bytes) {
      source.nextBytes(drawn.array());
      drawn.clear();
    }
    int at = drawn.position();
    drawn.position(at + bytes);
    return at;
  }

  @Override
  public int nextInt() {
    int at = draw(Integer.BYTES);
    int number = drawn.getInt(at);
    drawn.putInt(at, 0);
    return number;
  }

  @Override
  public long nextLong() {
    int at = draw(Long.BYTES);
    long number = drawn.getLong(at);
    drawn.putLong(at, 0);
    return number;
  }
}
