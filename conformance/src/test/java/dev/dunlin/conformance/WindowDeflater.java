package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.Deflater;

/** Compresses messages as a client that keeps what it agreed to (RFC 7692, 7.2.1). */
final class WindowDeflater implements AutoCloseable {

  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
  private final int windowBits;
  private final boolean takeover;
  private final byte[] buffer = new byte[1 << 16];

  WindowDeflater(Agreed agreed) {
    this(agreed.clientWindowBits(), agreed.clientTakeover());
  }

  WindowDeflater(int windowBits, boolean takeover) {
    this.windowBits = windowBits;
    this.takeover = takeover;
  }

  byte[] message(byte[] plain) {
    if (!takeover) {
      deflater.reset();
    }
    var out = new ByteArrayOutputStream();
    // a full flush every 2^N octets keeps all distances within the window
    int piece = windowBits == 15 ? Math.max(1, plain.length) : 1 << windowBits;
    int from = 0;
    do {
      int to = Math.min(plain.length, from + piece);
      deflater.setInput(plain, from, to - from);
      boolean last = to == plain.length;
      int flush = windowBits < 15 ? Deflater.FULL_FLUSH : Deflater.SYNC_FLUSH;
      int count;
      do {
        count = deflater.deflate(buffer, 0, buffer.length, flush);
        out.write(buffer, 0, count);
      } while (count == buffer.length);
      from = to;
      if (last) {
        break;
      }
    } while (true);
    var bytes = out.toByteArray();
    // nothing new since a flush: an empty message is one octet
    return bytes.length < 4 ? new byte[] {0} : Arrays.copyOf(bytes, bytes.length - 4);
  }

  @Override
  public void close() {
    deflater.end();
  }
}
