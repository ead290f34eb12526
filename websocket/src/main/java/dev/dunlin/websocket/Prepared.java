package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One or several messages made ready for sending once, to be sent to any number of connections.
 *
 * <p>Framed once; compressed once per distinct set of parameters, when the first connection needs
 * it, with that connection's compression level and threshold. Safe for use by all threads.
 */
public final class Prepared {

  private static final int NOT_COMPRESSED = 0;

  private final List<Data> messages;
  private final int size;
  private final int largest;
  private final int opcode;
  private final boolean plain;

  /** What has been computed so far, newest first; extended under the lock of this object. */
  private volatile @Nullable Encoding encodings;

  private int deflations;

  /**
   * One way to put the messages on the wire.
   *
   * @param windowBits the window that its segments fit, or {@link #NOT_COMPRESSED}
   * @param batching how messages were joined in frames, or null: a frame for each
   * @param bytes the frames: direct, read-only, shared
   * @param frames the number of frames
   * @param compressed the number of those that are compressed
   * @param segments each message compressed alone, without bytes where that is not smaller; none if
   *     the messages were not compressed, or joined
   */
  record Encoding(
      int windowBits,
      @Nullable Batching batching,
      ByteBuffer bytes,
      int frames,
      int compressed,
      List<ByteBuffer> segments,
      @Nullable Encoding next) {

    boolean matches(int bits, @Nullable Batching wanted) {
      return windowBits == bits && (wanted == null ? batching == null : wanted.equals(batching));
    }
  }

  private Prepared(List<Data> messages, boolean plain) {
    this.messages = messages;
    this.plain = plain;
    int sum = 0;
    int most = 0;
    int kind = messages.isEmpty() ? Batch.MIXED : Opcode.of(messages.get(0));
    for (var message : messages) {
      sum = Math.addExact(sum, message.size());
      most = Math.max(most, message.size());
      kind = Opcode.of(message) == kind ? kind : Batch.MIXED;
    }
    this.size = sum;
    this.largest = most;
    this.opcode = kind;
  }

  /** One message. A view is copied. */
  public static Prepared of(Data message) {
    return new Prepared(List.of(message.copy()), false);
  }

  /** Several messages, in order. Views are copied. */
  public static Prepared of(List<Data> messages) {
    return new Prepared(messages.stream().map(Data::copy).toList(), false);
  }

  /**
   * The same messages, which nobody compresses, whatever a connection agreed on: neither alone nor
   * in a batch with others. For secrets beside what somebody else may choose (RFC 7692, 8).
   */
  public Prepared uncompressed() {
    return plain ? this : new Prepared(messages, true);
  }

  /** The messages, in order; they own their bytes. */
  public List<Data> messages() {
    return messages;
  }

  /** The sum of the messages' payload sizes in bytes. */
  public int size() {
    return size;
  }

  /** Text or binary, or {@link Batch#MIXED}. */
  int opcode() {
    return opcode;
  }

  /** Whether they must not be compressed. */
  boolean plain() {
    return plain;
  }

  /** The number of encodings made so far. */
  int encodings() {
    int count = 0;
    for (var known = encodings; known != null; known = known.next) {
      count++;
    }
    return count;
  }

  /** The number of times that a message was deflated so far. */
  synchronized int deflations() {
    return deflations;
  }

  /** The messages as a server's uncompressed frames. */
  Encoding frames() {
    var known = find(NOT_COMPRESSED, null);
    return known != null ? known : frame();
  }

  /** The messages as a server's frames, compressed where that pays. */
  Encoding frames(PerMessageDeflate deflate, DeflateContext context) {
    return compresses(deflate) ? compressed(deflate, context) : frames();
  }

  /** The messages joined in as few frames as the batching allows, uncompressed. */
  Encoding frames(Batching batching) {
    var known = find(NOT_COMPRESSED, batching);
    return known != null ? known : join(NOT_COMPRESSED, batching, List.of(), null);
  }

  /** The messages joined in as few frames as the batching allows, compressed where that pays. */
  Encoding frames(Batching batching, PerMessageDeflate deflate, DeflateContext context) {
    if (!compresses(deflate)) {
      return frames(batching);
    }
    int bits = deflate.windowBits(largest);
    var known = find(bits, batching);
    if (known == null) {
      known = join(bits, batching, compressed(deflate, context).segments, context);
    }
    return known;
  }

  private boolean compresses(PerMessageDeflate deflate) {
    return !plain && deflate.worthwhile(largest);
  }

  /** A message compressed alone, or null if it is to be sent plain. */
  @Nullable ByteBuffer segment(int index, PerMessageDeflate deflate, DeflateContext context) {
    if (plain || !deflate.worthwhile(messages.get(index).size())) {
      return null;
    }
    var segment = compressed(deflate, context).segments.get(index);
    return segment.hasRemaining() ? segment : null;
  }

  private Encoding compressed(PerMessageDeflate deflate, DeflateContext context) {
    int bits = deflate.windowBits(largest);
    var known = find(bits, null);
    return known != null ? known : compress(bits, deflate, context);
  }

  private @Nullable Encoding find(int windowBits, @Nullable Batching batching) {
    var known = encodings;
    while (known != null && !known.matches(windowBits, batching)) {
      known = known.next;
    }
    return known;
  }

  // ---- what is done once each, under the lock of this object

  private synchronized Encoding frame() {
    var known = find(NOT_COMPRESSED, null);
    if (known != null) {
      return known;
    }
    var out =
        ByteBuffer.allocateDirect(size + messages.size() * FrameEncoder.MAX_SERVER_HEADER_BYTES);
    for (var message : messages) {
      int first = FrameEncoder.first(Opcode.of(message), true, false);
      FrameEncoder.header(out, first, message.size());
      Payload.of(message).put(out);
    }
    return add(NOT_COMPRESSED, null, out.flip(), messages.size(), 0, List.of());
  }

  private synchronized Encoding compress(
      int windowBits, PerMessageDeflate deflate, DeflateContext context) {
    var known = find(windowBits, null);
    if (known != null) {
      return known;
    }
    var out = context.framed().clear();
    var starts = new int[messages.size()];
    var ends = new int[messages.size()];
    int compressed = 0;
    for (int i = 0; i < starts.length; i++) {
      var message = messages.get(i);
      ByteBuffer segment = null;
      if (deflate.worthwhile(message.size())) {
        segment = deflate.segment(message, windowBits, context);
        deflations++;
      }
      int opcode = Opcode.of(message);
      if (segment == null) {
        out.header(FrameEncoder.first(opcode, true, false), message.size());
        out.put(Payload.of(message));
      } else {
        out.header(FrameEncoder.first(opcode, true, true), segment.remaining());
        starts[i] = out.size;
        out.put(segment);
        ends[i] = out.size;
        compressed++;
      }
    }
    var bytes = out.toDirect();
    var segments = new ArrayList<ByteBuffer>(starts.length);
    for (int i = 0; i < starts.length; i++) {
      segments.add(bytes.slice(starts[i], ends[i] - starts[i]));
    }
    return add(windowBits, null, bytes, starts.length, compressed, List.copyOf(segments));
  }

  private synchronized Encoding join(
      int windowBits,
      Batching batching,
      List<ByteBuffer> segments,
      @Nullable DeflateContext context) {
    var known = find(windowBits, batching);
    if (known != null) {
      return known;
    }
    var out = context == null ? new Scratch(size + 64) : context.framed().clear();
    var group = new Batch(batching);
    int begin = 0;
    int frames = 0;
    int compressed = 0;
    for (int i = 0; i < messages.size(); i++) {
      if (!group.offer(messages.get(i))) {
        compressed += join(group, begin, segments, context, out) ? 1 : 0;
        frames++;
        group.clear();
        begin = i;
        group.offer(messages.get(i));
      }
    }
    if (group.messages() > 0) {
      compressed += join(group, begin, segments, context, out) ? 1 : 0;
      frames++;
    }
    return add(windowBits, batching, out.toDirect(), frames, compressed, List.of());
  }

  /**
   * One frame of the messages from {@code begin} on that stand in the group; whether compressed.
   */
  private static boolean join(
      Batch group,
      int begin,
      List<ByteBuffer> segments,
      @Nullable DeflateContext context,
      Scratch out) {
    if (context != null) {
      var joiner = new SegmentJoiner(context.joined(), group.joint());
      for (int i = 0; i < group.messages(); i++) {
        var segment = segments.get(begin + i);
        joiner.add(group.message(i), segment.hasRemaining() ? segment : null);
      }
      var joined = joiner.end();
      if (joined.size < group.size()) {
        out.header(FrameEncoder.first(group.opcode(), true, true), joined.size);
        out.put(joined.view());
        return true;
      }
    }
    out.header(FrameEncoder.first(group.opcode(), true, false), group.size());
    out.room(group.size());
    group.put(ByteBuffer.wrap(out.bytes, out.size, group.size()));
    out.size += group.size();
    return false;
  }

  private Encoding add(
      int windowBits,
      @Nullable Batching batching,
      ByteBuffer bytes,
      int frames,
      int compressed,
      List<ByteBuffer> segments) {
    var added =
        new Encoding(
            windowBits,
            batching,
            bytes.asReadOnlyBuffer(),
            frames,
            compressed,
            segments,
            encodings);
    encodings = added;
    return added;
  }
}
