package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Frames written by hand, independent of the encoder under test. */
final class Frames {

  static final int KEY = 0x37fa213d;

  private Frames() {}

  static ByteBuffer hex(String... pieces) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(String.join("", pieces).replace(" ", "")));
  }

  static ByteBuffer join(ByteBuffer... parts) {
    int size = 0;
    for (var part : parts) {
      size += part.remaining();
    }
    var all = ByteBuffer.allocate(size);
    for (var part : parts) {
      all.put(part.duplicate());
    }
    return all.flip();
  }

  /** A masked frame as a client sends it. */
  static ByteBuffer client(int first, byte[] payload) {
    return frame(first, payload, true);
  }

  static ByteBuffer client(int first, String payload) {
    return client(first, payload.getBytes(StandardCharsets.UTF_8));
  }

  /** An unmasked frame as a server sends it. */
  static ByteBuffer server(int first, byte[] payload) {
    return frame(first, payload, false);
  }

  private static ByteBuffer frame(int first, byte[] payload, boolean masked) {
    var out = ByteBuffer.allocate(14 + payload.length);
    out.put((byte) first);
    int mask = masked ? 0x80 : 0;
    if (payload.length < 126) {
      out.put((byte) (payload.length | mask));
    } else if (payload.length < 65536) {
      out.put((byte) (126 | mask)).putShort((short) payload.length);
    } else {
      out.put((byte) (127 | mask)).putLong(payload.length);
    }
    if (masked) {
      out.putInt(KEY);
    }
    for (int i = 0; i < payload.length; i++) {
      out.put((byte) (payload[i] ^ (masked ? KEY >>> (24 - 8 * (i & 3)) : 0)));
    }
    return out.flip();
  }

  static byte[] close(int code, String reason) {
    var text = reason.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(2 + text.length).putShort((short) code).put(text).array();
  }
}
