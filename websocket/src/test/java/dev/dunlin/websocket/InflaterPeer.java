package dev.dunlin.websocket;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A peer that reads a server's frames by itself: headers by hand, payloads with zlib and with
 * {@link StrictInflater}, neither of which the code under test ever touches.
 */
final class InflaterPeer {

  private final Inflater inflater = new Inflater(true);
  private final StrictInflater strict;
  private final boolean takesOver;
  private int compressed;
  private int messages;

  /** A peer that keeps its inflater's window between messages, or not. */
  InflaterPeer(boolean takesOver) {
    this(takesOver, 15);
  }

  /** A peer with so small a window. */
  InflaterPeer(boolean takesOver, int windowBits) {
    this.takesOver = takesOver;
    this.strict = new StrictInflater(windowBits, takesOver);
  }

  /** The largest distance that a compressed message contained. */
  int farthest() {
    return strict.farthest();
  }

  /** The number of messages so far. */
  int messages() {
    return messages;
  }

  /** The number of compressed messages so far. */
  int compressed() {
    return compressed;
  }

  /** The payloads of the messages in these frames. */
  List<byte[]> read(byte[] frames) {
    var in = ByteBuffer.wrap(frames);
    var messages = new ArrayList<byte[]>();
    var gathered = new ByteArrayOutputStream();
    boolean deflated = false;
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
      if ((first & 0x0f) != 0) {
        deflated = (first & 0x40) != 0;
      } else if ((first & 0x40) != 0) {
        throw new AssertionError("RSV1 on a fragment that is not the first");
      }
      gathered.writeBytes(payload);
      if ((first & 0x80) == 0) {
        continue;
      }
      payload = gathered.toByteArray();
      gathered.reset();
      if (deflated) {
        compressed++;
        var inflated = inflate(payload);
        if (!Arrays.equals(inflated, strict.inflate(payload))) {
          throw new AssertionError("two inflaters disagree");
        }
        payload = inflated;
      }
      messages.add(payload);
      this.messages++;
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
