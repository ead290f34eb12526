package dev.dunlin.websocket;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A peer that reads a server's frames by itself: headers by hand, payloads with an inflater that
 * the code under test never touches.
 */
final class InflaterPeer {

  private final Inflater inflater = new Inflater(true);
  private final boolean takesOver;
  private int compressed;

  /** A peer that keeps its inflater's window between messages, or not. */
  InflaterPeer(boolean takesOver) {
    this.takesOver = takesOver;
  }

  /** The number of compressed messages so far. */
  int compressed() {
    return compressed;
  }

  /** The payloads of these unfragmented frames. */
  List<byte[]> read(byte[] frames) {
    var in = ByteBuffer.wrap(frames);
    var messages = new ArrayList<byte[]>();
    while (in.hasRemaining()) {
      int first = in.get();
      int length = in.get() & 0xff;
      if (length == 126) {
        length = in.getShort() & 0xffff;
      } else if (length == 127) {
        length = (int) in.getLong();
      }
      var payload = new byte[length];
      in.get(payload);
      if ((first & 0x40) != 0) {
        compressed++;
        payload = inflate(payload);
      }
      messages.add(payload);
    }
    return messages;
  }

  /** Inflates as RFC 7692, 7.2.2 says: append 00 00 ff ff, decompress. */
  byte[] inflate(byte[] payload) {
    if (!takesOver) {
      inflater.reset();
    }
    var in = new byte[payload.length + 4];
    System.arraycopy(payload, 0, in, 0, payload.length);
    in[payload.length + 2] = -1;
    in[payload.length + 3] = -1;
    inflater.setInput(in);
    var out = new ByteArrayOutputStream();
    var buffer = new byte[8192];
    try {
      while (true) {
        int count = inflater.inflate(buffer);
        out.write(buffer, 0, count);
        if (count < buffer.length) {
          if (!inflater.needsInput()) {
            throw new AssertionError("the inflater stopped early");
          }
          return out.toByteArray();
        }
      }
    } catch (DataFormatException e) {
      throw new AssertionError("not DEFLATE: " + e.getMessage(), e);
    }
  }
}
