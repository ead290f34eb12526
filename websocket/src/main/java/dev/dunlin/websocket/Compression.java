package dev.dunlin.websocket;

/**
 * Whether and how messages are compressed (permessage-deflate, RFC 7692): our side of the
 * negotiation, and what the deflater does with it.
 *
 * @param mode off, shared or takeover
 * @param level 1 (fastest) to 9 (smallest) as in zlib; default 1
 * @param thresholdBytes messages below this size are sent as they are; default 128
 * @param serverMaxWindowBits the largest LZ77 window of the server's compressor, 8 to 15 as a power
 *     of two; default 15
 * @param clientMaxWindowBits the largest window wanted of the client's compressor, 8 to 15; it
 *     binds only clients whose offer allows it; default 15
 */
public record Compression(
    Mode mode, int level, int thresholdBytes, int serverMaxWindowBits, int clientMaxWindowBits) {

  /** What may be remembered between messages. */
  public enum Mode {
    /** Nothing is negotiated, nothing compressed. */
    OFF,
    /**
     * Each message is compressed alone, in both directions: no memory per connection, and one
     * compressed form serves every subscriber.
     */
    SHARED,
    /**
     * The window lives on from message to message: smaller messages, and up to 300 KB for every
     * connection. A peer that offers no context takeover still gets it.
     */
    TAKEOVER
  }

  private static final Compression OFF = new Compression(Mode.OFF, 1, 128, 15, 15);
  private static final Compression SHARED = new Compression(Mode.SHARED, 1, 128, 15, 15);
  private static final Compression TAKEOVER = new Compression(Mode.TAKEOVER, 1, 128, 15, 15);

  /**
   * Settings of these values.
   *
   * @throws IllegalArgumentException if the level is not within 1 to 9, the threshold is negative
   *     or a window is not within 8 to 15
   */
  public Compression {
    if (level < 1 || level > 9) {
      throw new IllegalArgumentException("compression level " + level + " is not within 1 to 9");
    }
    if (thresholdBytes < 0) {
      throw new IllegalArgumentException("thresholdBytes " + thresholdBytes + " is negative");
    }
    DeflateParameters.checkWindowBits(serverMaxWindowBits);
    DeflateParameters.checkWindowBits(clientMaxWindowBits);
  }

  /** No compression. */
  public static Compression off() {
    return OFF;
  }

  /** Each message compressed alone; the default of a route. */
  public static Compression shared() {
    return SHARED;
  }

  /** Context takeover both ways, unless the peer asks for less. */
  public static Compression takeover() {
    return TAKEOVER;
  }

  /** This with another {@link #level()}. */
  public Compression level(int level) {
    return new Compression(mode, level, thresholdBytes, serverMaxWindowBits, clientMaxWindowBits);
  }

  /** This with another {@link #thresholdBytes()}. */
  public Compression thresholdBytes(int thresholdBytes) {
    return new Compression(mode, level, thresholdBytes, serverMaxWindowBits, clientMaxWindowBits);
  }

  /** This with other windows. */
  public Compression windowBits(int server, int client) {
    return new Compression(mode, level, thresholdBytes, server, client);
  }
}
