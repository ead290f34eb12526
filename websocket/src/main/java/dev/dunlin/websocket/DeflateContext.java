package dev.dunlin.websocket;

import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The compressor, decompressor and scratch buffers that all connections of an event loop share.
 *
 * <p>Belongs to one thread at a time. Holds native memory from the first compressed message on
 * (about 40 KB, and 260 KB for each compression level in use): {@link #close()} it. Its scratch
 * buffers grow with a message and shrink back to 64 KiB after it.
 */
public final class DeflateContext implements AutoCloseable {

  private static final int SCRATCH_BYTES = 4096;

  private final Scratch deflated = new Scratch(SCRATCH_BYTES);
  private final Scratch joined = new Scratch(SCRATCH_BYTES);
  private final Scratch framed = new Scratch(SCRATCH_BYTES);
  private final Scratch inflated;

  /** By level: a JDK deflater's level changes only in the middle of its output. */
  private final @Nullable Deflater[] deflaters = new Deflater[10];

  private @Nullable Inflater inflater;

  /** A context without native memory as yet. */
  public DeflateContext() {
    this(SCRATCH_BYTES);
  }

  /** A context that begins to inflate into so many bytes. */
  DeflateContext(int inflatedBytes) {
    inflated = new Scratch(inflatedBytes);
  }

  /** The compressor of a level, with nothing in its window. */
  Deflater deflater(int level) {
    var known = deflaters[level];
    if (known == null) {
      known = new Deflater(level, true);
      deflaters[level] = known;
    } else {
      known.reset();
    }
    return known;
  }

  /** The decompressor, with nothing in its window. */
  Inflater inflater() {
    var known = inflater;
    if (known == null) {
      known = new Inflater(true);
      inflater = known;
    } else {
      known.reset();
    }
    return known;
  }

  /** Compressed bytes; valid until the next compression. */
  Scratch deflated() {
    return deflated;
  }

  /** Where compressed pieces are put together; valid until the next compression. */
  Scratch joined() {
    return joined;
  }

  /** Where frames that others will share are put together. */
  Scratch framed() {
    return framed;
  }

  /** Inflated bytes; valid until the next inflation. */
  Scratch inflated() {
    return inflated;
  }

  /** Gives back the memory that a large message took. */
  void trim() {
    deflated.trim();
    joined.trim();
    framed.trim();
    inflated.trim();
  }

  @Override
  public void close() {
    for (int level = 0; level < deflaters.length; level++) {
      var deflater = deflaters[level];
      if (deflater != null) {
        deflater.end();
        deflaters[level] = null;
      }
    }
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }
}
