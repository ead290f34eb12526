package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads frame headers (RFC 6455, 5.2) and judges each octet of them as soon as it is there.
 *
 * <p>Also remembers what the sequence of frames allows next (5.4): whether a message is open, how
 * many frames it has, how many bytes it may still take.
 */
final class FrameDecoder {

  private static final int MAX_HEADER_BYTES = 14;

  private final boolean masked;
  private final boolean deflate;
  private final Limits limits;

  // The frame that is being read.
  private boolean inFrame;
  private boolean fin;
  private byte opcode;
  private int maskKey;
  private long length;
  private long taken;

  // The data message that is open, if messageOpcode is not 0.
  private byte messageOpcode;
  private boolean compressed;
  private int fragments;
  private long messageBytes;

  /** The octets of a header that has not arrived whole. */
  private @Nullable ByteBuffer partial;

  FrameDecoder(Role role, boolean deflate, Limits limits) {
    this.masked = role == Role.SERVER;
    this.deflate = deflate;
    this.limits = limits;
  }

  /** Whether a header has been read whose payload has not been taken to its end. */
  boolean inFrame() {
    return inFrame;
  }

  /** Whether the peer is in the middle of sending a frame. */
  boolean midFrame() {
    return inFrame || partial != null;
  }

  boolean fin() {
    return fin;
  }

  int opcode() {
    return opcode;
  }

  int maskKey() {
    return maskKey;
  }

  /** The position of the next payload byte within the frame, modulo 4: its place in the mask. */
  int phase() {
    return (int) (taken & 3);
  }

  long remaining() {
    return length - taken;
  }

  /** Text or binary: the type of the message that the current data frame belongs to. */
  int messageOpcode() {
    return messageOpcode;
  }

  boolean compressed() {
    return compressed;
  }

  /** The number of frames that the open message has so far, the current one included. */
  int fragments() {
    return fragments;
  }

  /**
   * Takes octets until a header is whole.
   *
   * @return whether it is; the buffer stands at the payload then
   */
  boolean header(ByteBuffer in) throws ProtocolViolation {
    var held = partial;
    if (held == null) {
      int size = parse(in, in.position(), in.remaining());
      if (size > 0) {
        in.position(in.position() + size);
        begin();
        return true;
      }
      partial = ByteBuffer.allocate(MAX_HEADER_BYTES).put(in);
      return false;
    }
    while (in.hasRemaining()) {
      held.put(in.get());
      if (parse(held, 0, held.position()) > 0) {
        partial = null;
        begin();
        return true;
      }
    }
    return false;
  }

  /** Counts payload bytes as taken; the frame is over with the last. */
  void take(int bytes) {
    taken += bytes;
    if (taken == length) {
      inFrame = false;
    }
  }

  /** The open message is complete. */
  void messageEnd() {
    messageOpcode = 0;
    compressed = false;
    fragments = 0;
    messageBytes = 0;
  }

  private void begin() {
    inFrame = true;
    taken = 0;
    if (!Opcode.control(opcode)) {
      fragments++;
      messageBytes += length;
    }
  }

  /** The header's size in octets, or 0 if more are needed. */
  private int parse(ByteBuffer in, int at, int available) throws ProtocolViolation {
    if (available == 0) {
      return 0;
    }
    firstOctet(in.get(at));
    if (available < 2) {
      return 0;
    }
    int second = in.get(at + 1);
    // RFC 6455, 5.1: a client masks every frame, a server none.
    if ((second < 0) != masked) {
      throw ProtocolViolation.protocolError(
          masked ? "a client's frame is not masked" : "a server's frame is masked");
    }
    int size = 2;
    int shortLength = second & 0x7f;
    if (shortLength < 126) {
      length = shortLength;
    } else {
      // RFC 6455, 5.5
      if (Opcode.control(opcode)) {
        throw ProtocolViolation.protocolError("a control frame is over 125 bytes");
      }
      size += shortLength == 126 ? 2 : 8;
      if (available < size) {
        // the top bit of a 64-bit length is judged before the rest arrives
        if (shortLength == 127 && available > 2 && in.get(at + 2) < 0) {
          throw ProtocolViolation.protocolError("a frame length has its top bit set");
        }
        return 0;
      }
      longLength(in, at + 2, shortLength);
    }
    if (!Opcode.control(opcode)) {
      withinLimits();
    }
    if (masked) {
      if (available < size + 4) {
        return 0;
      }
      maskKey = readInt(in, at + size);
      size += 4;
    }
    return size;
  }

  private void firstOctet(int first) throws ProtocolViolation {
    opcode = (byte) (first & 0x0f);
    fin = first < 0;
    int reserved = first & 0x70;
    if (!Opcode.known(opcode)) {
      throw ProtocolViolation.protocolError("opcode " + opcode + " is reserved");
    }
    boolean control = Opcode.control(opcode);
    boolean begins = opcode == Opcode.TEXT || opcode == Opcode.BINARY;
    // RFC 7692, 6: RSV1 marks the first frame of a compressed message and nothing else
    if (reserved != 0 && !(reserved == 0x40 && deflate && begins)) {
      throw ProtocolViolation.protocolError("a reserved bit is set that nothing agreed on");
    }
    if (control) {
      if (!fin) {
        throw ProtocolViolation.protocolError("a control frame is fragmented");
      }
    } else if (begins) {
      if (messageOpcode != 0 && fragments > 0) {
        throw ProtocolViolation.protocolError("a message begins inside another");
      }
      messageOpcode = opcode;
      compressed = reserved != 0;
    } else if (fragments == 0) {
      throw ProtocolViolation.protocolError("a continuation frame continues nothing");
    }
  }

  private void longLength(ByteBuffer in, int at, int shortLength) throws ProtocolViolation {
    if (shortLength == 126) {
      length = ((in.get(at) & 0xff) << 8) | (in.get(at + 1) & 0xff);
      if (length < 126) {
        throw ProtocolViolation.protocolError("a frame length is not in its shortest form");
      }
    } else {
      length = ((long) readInt(in, at) << 32) | (readInt(in, at + 4) & 0xffffffffL);
      if (length < 0) {
        throw ProtocolViolation.protocolError("a frame length has its top bit set");
      }
      if (length < 65536) {
        throw ProtocolViolation.protocolError("a frame length is not in its shortest form");
      }
    }
  }

  private void withinLimits() throws ProtocolViolation {
    if (fragments >= limits.maxFragments()) {
      throw new ProtocolViolation(
          CloseCode.POLICY_VIOLATION,
          "message has more than " + limits.maxFragments() + " fragments");
    }
    int maxMessageBytes = limits.maxMessageBytes();
    // Compressed bytes may exceed what they inflate to, by stored blocks' headers.
    long most = compressed ? maxMessageBytes + (maxMessageBytes >> 8) + 64L : maxMessageBytes;
    if (length > most - messageBytes) {
      throw ProtocolViolation.tooBig(maxMessageBytes);
    }
  }

  /** Four octets as the wire has them, whatever the buffer's order. */
  private static int readInt(ByteBuffer in, int at) {
    return (in.get(at) << 24)
        | ((in.get(at + 1) & 0xff) << 16)
        | ((in.get(at + 2) & 0xff) << 8)
        | (in.get(at + 3) & 0xff);
  }
}
