package dev.dunlin.websocket;

/**
 * What has gone one way over WebSocket connections, in numbers that never fall.
 *
 * <p>What compression and batching have saved is {@code payloadBytes} against {@code wireBytes}:
 * without both, a message costs its payload and 2 to 14 bytes.
 *
 * @param frames frames of every kind, each fragment and each ping, pong and close among them
 * @param messages text and binary messages; those that left joined in one frame count one by one
 * @param compressed frames with compressed messages
 * @param payloadBytes the bytes of the messages, before compression or after inflation
 * @param wireBytes the bytes of the frames, with headers, as they stand on the wire under TLS
 */
public record Traffic(
    long frames, long messages, long compressed, long payloadBytes, long wireBytes) {

  /** None. */
  public static final Traffic NONE = new Traffic(0, 0, 0, 0, 0);

  /** This and other traffic together. */
  public Traffic plus(Traffic other) {
    return new Traffic(
        frames + other.frames,
        messages + other.messages,
        compressed + other.compressed,
        payloadBytes + other.payloadBytes,
        wireBytes + other.wireBytes);
  }
}
