package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Compression per message (RFC 7692), as a connection agreed on it.
 *
 * <p>Where neither side takes its context over, it has no state: one instance serves every
 * connection that agreed on the same. Otherwise ({@link #perConnection}) each connection needs its
 * own, which remembers: up to the peer's window (32 KiB) of what the peer sent, and a {@code
 * Deflater} (about 260 KiB of native memory) from the first message that it compresses until {@link
 * #close()}.
 *
 * <p>Part of the advanced API: programs use sessions.
 */
public final class PerMessageDeflate implements Extension {

  /** Outcomes of {@link #inflate} that are not a size. */
  static final int TOO_BIG = -1;

  static final int INVALID = -2;

  private static final int FULL_WINDOW_BITS = 15;

  /** What the sender removed from the end (RFC 7692, 7.2.2), and a final block to prove the end. */
  private static final byte[] TAIL = {0, 0, -1, -1, 1, 0, 0, -1, -1};

  /** A message may consist of several DEFLATE streams; each costs a new start. */
  private static final int MOST_STREAMS = 256;

  private static final byte[] NOTHING = {};
  private static final int TAIL_BYTES = 4;

  /** What {@link #TAIL} holds after the four octets: a final empty block. */
  private static final int END_BYTES = 5;

  private static final int LEAST_HISTORY_BYTES = 256;

  private final DeflateParameters parameters;
  private final int level;
  private final int thresholdBytes;
  private final int windowBits;
  private final boolean shares;

  /** Whether what we sent before is referred to; only with a window that the JDK can honour. */
  private final boolean takesOver;

  /** How much of what the peer sent it may refer to; 0 where it forgets. */
  private final int peerWindow;

  // State of one connection, confined to its thread; unused where nothing is taken over.
  private @Nullable Deflater deflater;
  private byte[] history = NOTHING;
  private int historySize;
  private boolean closed;

  private PerMessageDeflate(Role role, DeflateParameters parameters, Compression settings) {
    boolean server = role == Role.SERVER;
    boolean weForget =
        server ? parameters.serverNoContextTakeover() : parameters.clientNoContextTakeover();
    boolean peerForgets =
        server ? parameters.clientNoContextTakeover() : parameters.serverNoContextTakeover();
    this.parameters = parameters;
    this.level = settings.level();
    this.thresholdBytes = settings.thresholdBytes();
    this.windowBits = server ? parameters.serverMaxWindowBits() : parameters.clientMaxWindowBits();
    this.shares = server && weForget;
    this.takesOver = !weForget && windowBits == FULL_WINDOW_BITS;
    this.peerWindow =
        peerForgets
            ? 0
            : 1 << (server ? parameters.clientMaxWindowBits() : parameters.serverMaxWindowBits());
  }

  /**
   * Compression for the connections that agreed on these parameters, or for one of them if it is
   * {@link #perConnection}.
   *
   * @param role which end of the connection we are
   * @param agreed the outcome of the handshake
   * @param settings level and threshold; mode and windows have had their say in the handshake
   */
  public static PerMessageDeflate of(Role role, DeflateParameters agreed, Compression settings) {
    return new PerMessageDeflate(role, agreed, settings);
  }

  @Override
  public String headerValue() {
    return parameters.headerValue();
  }

  /** Whether a context is taken over in either direction, so that no two connections share this. */
  public boolean perConnection() {
    return takesOver || peerWindow > 0;
  }

  /**
   * Whether a segment that others share may be sent: only where we agreed to forget. Otherwise the
   * peer's window would take the segment in and our compressor's would not, and the next message
   * would inflate, without an error, to the wrong bytes.
   */
  boolean shares() {
    return shares;
  }

  /** Whether a message of this size is worth compressing. */
  boolean worthwhile(int size) {
    return size > 0 && size >= thresholdBytes;
  }

  /**
   * The window to compress a message of at most this size for: the full one if the message fits in
   * the agreed one, because then nothing in it is farther away.
   */
  int windowBits(int size) {
    return size <= 1 << windowBits ? FULL_WINDOW_BITS : windowBits;
  }

  // ---- sending

  /** Compresses a message; null to send it plain. Valid until the next compression. */
  @Nullable Scratch deflate(Data message, DeflateContext context) {
    if (closed || !worthwhile(message.size())) {
      return null;
    }
    var out = context.deflated().clear();
    if (takesOver) {
      var own = own();
      feed(own, Payload.of(message), out);
      return flush(own, out);
    }
    return segment(message, windowBits(message.size()), context) == null ? null : out;
  }

  /** Compresses a batch as one message; null to send it plain. Valid until the next compression. */
  @Nullable Scratch deflate(Batch batch, DeflateContext context) {
    if (closed || !worthwhile(batch.size())) {
      return null;
    }
    if (takesOver) {
      var own = own();
      var out = context.deflated().clear();
      batch.forEachPayload(payload -> feed(own, payload, out));
      return flush(own, out);
    }
    var joiner = new SegmentJoiner(context.joined(), batch.joint());
    batch.forEachPiece((message, shared, index) ->
        joiner.add(
            message,
            shared != null && shares
                ? shared.segment(index, this, context)
                : alone(message, context)));
    var out = joiner.end();
    return out.size < batch.size() ? out : null;
  }

  private @Nullable ByteBuffer alone(Data message, DeflateContext context) {
    return worthwhile(message.size())
        ? segment(message, windowBits(message.size()), context)
        : null;
  }

  /**
   * Compresses a message alone, with no distance beyond a window of so many bits. The JDK has no
   * parameter for that: a full flush after every window's worth of bytes forgets what is before.
   *
   * @return what stands in {@link DeflateContext#deflated()}, or null if that is not smaller
   */
  @Nullable ByteBuffer segment(Data message, int bits, DeflateContext context) {
    var payload = Payload.of(message);
    return segment(payload.buffer(), payload.offset(), payload.size(), bits, context);
  }

  private @Nullable ByteBuffer segment(
      ByteBuffer bytes, int offset, int size, int bits, DeflateContext context) {
    var deflater = context.deflater(level);
    var out = context.deflated().clear();
    int done = 0;
    if (bits < FULL_WINDOW_BITS) {
      int window = 1 << bits;
      for (; size - done > window; done += window) {
        deflater.setInput(bytes.slice(offset + done, window));
        drain(deflater, Deflater.FULL_FLUSH, out);
      }
    }
    deflater.setInput(bytes.slice(offset + done, size - done));
    drain(deflater, Deflater.SYNC_FLUSH, out);
    deflater.setInput(NOTHING); // lets go of the message
    out.size -= TAIL_BYTES;
    return out.size < size ? out.view() : null;
  }

  /**
   * Compresses a piece of a message that leaves in fragments (RFC 7692, 6.1). Where no context is
   * taken over each piece is compressed alone, so that the loop's compressor is free between them;
   * what does not shrink is stored. Valid until the next compression.
   */
  Scratch piece(ByteBuffer part, boolean last, DeflateContext context) {
    int size = part.remaining();
    if (size == 0 || closed) {
      // flushing nothing again would yield nothing: the header of an empty block ends the message
      var out = context.joined().clear();
      if (last) {
        out.put(0);
      }
      return out;
    }
    if (takesOver) {
      var own = own();
      var out = context.deflated().clear();
      own.setInput(part.slice());
      drain(own, Deflater.NO_FLUSH, out);
      flush(own, out);
      out.size += last ? 0 : TAIL_BYTES;
      return out;
    }
    var segment = segment(part, part.position(), size, windowBits(size), context);
    var joiner = new SegmentJoiner(context.joined(), null);
    joiner.add(part, segment);
    return last ? joiner.end() : joiner.pause();
  }

  private Deflater own() {
    var known = deflater;
    if (known == null) {
      known = new Deflater(level, true);
      deflater = known;
    }
    return known;
  }

  private static void feed(Deflater deflater, Payload payload, Scratch out) {
    deflater.setInput(payload.buffer().slice(payload.offset(), payload.size()));
    drain(deflater, Deflater.NO_FLUSH, out);
  }

  private static Scratch flush(Deflater deflater, Scratch out) {
    deflater.setInput(NOTHING);
    drain(deflater, Deflater.SYNC_FLUSH, out);
    out.size -= TAIL_BYTES;
    return out;
  }

  /** Takes all the output there is: a full buffer may mean that more is waiting. */
  private static void drain(Deflater deflater, int flush, Scratch out) {
    int space;
    int count;
    do {
      out.room(64);
      space = out.bytes.length - out.size;
      count = deflater.deflate(out.bytes, out.size, space, flush);
      out.size += count;
    } while (count == space);
  }

  // ---- receiving

  /**
   * Inflates the remaining bytes of a whole compressed message.
   *
   * @return the size of what stands in {@link DeflateContext#inflated()}, or {@link #TOO_BIG} as
   *     soon as it passes {@code limit}, or {@link #INVALID}
   */
  int inflate(ByteBuffer compressed, int limit, DeflateContext context) {
    var out = context.inflated().clear();
    if (!compressed.hasRemaining()) {
      return 0;
    }
    var inflater = context.inflater();
    int outcome;
    try {
      outcome = inflate(inflater, compressed, limit, out);
    } catch (DataFormatException e) {
      outcome = INVALID;
    }
    inflater.reset(); // lets go of the input
    if (outcome < 0) {
      out.trim();
    } else if (peerWindow > 0) {
      remember(out);
    }
    return outcome;
  }

  private int inflate(Inflater inflater, ByteBuffer compressed, int limit, Scratch out)
      throws DataFormatException {
    inflater.setDictionary(history, 0, historySize);
    inflater.setInput(compressed);
    int streams = 1;
    boolean tail = false;
    while (out.grow(limit + 1L)) {
      int space = out.bytes.length - out.size;
      int count = inflater.inflate(out.bytes, out.size, space);
      out.size += count;
      if (out.size > limit) {
        return TOO_BIG;
      }
      if (inflater.finished()) {
        if (inflater.getRemaining() == 0 || (tail && inflater.getRemaining() == END_BYTES)) {
          return out.size; // the second: the message's own last block had BFINAL set
        }
        // RFC 7692, 7.2.3.4: a block with BFINAL set does not end the message
        if (tail || ++streams > MOST_STREAMS) {
          return INVALID;
        }
        inflater.reset();
        inflater.setDictionary(history, 0, historySize);
        inflater.setDictionary(out.bytes, 0, out.size);
        inflater.setInput(compressed);
      } else if (count < space) {
        // only now is nothing held back
        if (tail || !inflater.needsInput()) {
          return INVALID;
        }
        inflater.setInput(TAIL);
        tail = true;
      }
    }
    return TOO_BIG;
  }

  /** Keeps what the peer's next message may refer to. */
  private void remember(Scratch out) {
    int fresh = Math.min(out.size, peerWindow);
    int kept = Math.min(historySize, peerWindow - fresh);
    var target = history;
    if (target.length < kept + fresh) {
      int larger = Math.max(LEAST_HISTORY_BYTES, Math.max(2 * target.length, kept + fresh));
      target = new byte[Math.min(larger, peerWindow)];
    }
    System.arraycopy(history, historySize - kept, target, 0, kept);
    System.arraycopy(out.bytes, out.size - fresh, target, kept, fresh);
    history = target;
    historySize = kept + fresh;
  }

  @Override
  public void close() {
    if (!perConnection()) {
      return;
    }
    closed = true;
    history = NOTHING;
    historySize = 0;
    if (deflater != null) {
      deflater.end();
      deflater = null;
    }
  }
}
