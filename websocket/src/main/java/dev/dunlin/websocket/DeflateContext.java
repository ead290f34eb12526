package dev.dunlin.websocket;

import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * The compressor, decompressor and scratch buffers that all connections of an event loop share
 * where no context is taken over between messages.
 *
 * <p>Belongs to one thread at a time. Holds native memory (about 300 KB): {@link #close()} it.
 */
public final class DeflateContext implements AutoCloseable {

  private final Deflater deflater;
  private final Inflater inflater = new Inflater(true);
  private byte[] deflated = new byte[4096];
  private byte[] inflated = new byte[4096];

  /** A context that compresses at the given level, 1 (fast) to 9 (small). */
  public DeflateContext(int level) {
    deflater = new Deflater(level, true);
  }

  Deflater deflater() {
    return deflater;
  }

  Inflater inflater() {
    return inflater;
  }

  /** Scratch for compressed bytes; valid until the next compression. */
  byte[] deflated() {
    return deflated;
  }

  void deflated(byte[] larger) {
    deflated = larger;
  }

  /** Scratch for inflated bytes; valid until the next inflation. */
  byte[] inflated() {
    return inflated;
  }

  void inflated(byte[] larger) {
    inflated = larger;
  }

  @Override
  public void close() {
    deflater.end();
    inflater.end();
  }
}
