package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A frame as the suite puts it on the wire (RFC 6455, 5.2), right or deliberately wrong.
 *
 * <p>The suite's own framing: it shares nothing with the engine, so that a mistake made in both
 * directions cannot cancel out.
 *
 * @param rsv the reserved bits as a number from 0 to 7; 4 is RSV1
 * @param form the form of the length
 */
record Frame(boolean fin, int rsv, int opcode, byte[] payload, boolean masked, int key, Form form) {

  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  /** How the payload length is written. */
  enum Form {
    SHORTEST,
    BITS_16,
    BITS_64
  }

  static Frame of(int opcode, byte[] payload) {
    int key = Arrays.hashCode(payload) * 0x9e3779b9 ^ 0x37fa213d;
    return new Frame(true, 0, opcode, payload, true, key, Form.SHORTEST);
  }

  static Frame text(String text) {
    return of(TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  static Frame text(byte[] bytes) {
    return of(TEXT, bytes);
  }

  static Frame binary(byte[] bytes) {
    return of(BINARY, bytes);
  }

  static Frame continuation(byte[] bytes) {
    return of(CONTINUATION, bytes);
  }

  static Frame continuation(String text) {
    return of(CONTINUATION, text.getBytes(StandardCharsets.UTF_8));
  }

  static Frame ping(byte[] bytes) {
    return of(PING, bytes);
  }

  static Frame ping(String text) {
    return of(PING, text.getBytes(StandardCharsets.UTF_8));
  }

  static Frame pong(String text) {
    return of(PONG, text.getBytes(StandardCharsets.UTF_8));
  }

  static Frame close() {
    return of(CLOSE, new byte[0]);
  }

  static Frame close(int code) {
    return close(code, new byte[0]);
  }

  static Frame close(int code, String reason) {
    return close(code, reason.getBytes(StandardCharsets.UTF_8));
  }

  static Frame close(int code, byte[] reason) {
    return of(
        CLOSE, ByteBuffer.allocate(2 + reason.length).putShort((short) code).put(reason).array());
  }

  /** This frame without FIN: more fragments follow. */
  Frame open() {
    return new Frame(false, rsv, opcode, payload, masked, key, form);
  }

  Frame rsv(int bits) {
    return new Frame(fin, bits, opcode, payload, masked, key, form);
  }

  Frame unmasked() {
    return new Frame(fin, rsv, opcode, payload, false, 0, form);
  }

  Frame key(int value) {
    return new Frame(fin, rsv, opcode, payload, true, value, form);
  }

  Frame form(Form other) {
    return new Frame(fin, rsv, opcode, payload, masked, key, other);
  }

  byte[] bytes() {
    var header = header(fin, rsv, opcode, payload.length, masked, key, form);
    var out = Arrays.copyOf(header, header.length + payload.length);
    for (int i = 0; i < payload.length; i++) {
      int octet = masked ? payload[i] ^ (key >>> (24 - 8 * (i & 3))) : payload[i];
      out[header.length + i] = (byte) octet;
    }
    return out;
  }

  /** A header alone; {@code length} is unsigned and may be a lie. */
  static byte[] header(
      boolean fin, int rsv, int opcode, long length, boolean masked, int key, Form form) {
    var out = ByteBuffer.allocate(14);
    out.put((byte) ((fin ? 0x80 : 0) | rsv << 4 | opcode));
    int mask = masked ? 0x80 : 0;
    boolean shortest = form == Form.SHORTEST;
    if (shortest && length >= 0 && length < 126) {
      out.put((byte) (length | mask));
    } else if (form == Form.BITS_16 || shortest && length >= 0 && length < 65536) {
      out.put((byte) (126 | mask)).putShort((short) length);
    } else {
      out.put((byte) (127 | mask)).putLong(length);
    }
    if (masked) {
      out.putInt(key);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  static byte[] join(Frame... frames) {
    var out = new ByteArrayOutputStream();
    for (var frame : frames) {
      out.writeBytes(frame.bytes());
    }
    return out.toByteArray();
  }
}
