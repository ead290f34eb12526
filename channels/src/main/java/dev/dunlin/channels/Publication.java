package dev.dunlin.channels;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One message published to a channel, with its place in the stream if the channel keeps one.
 *
 * <p>Immutable and shared: one object goes to all subscribers of a node, and what one of them makes
 * of it through {@link #encoding} the others use too.
 */
public final class Publication implements Event {

  /** What an object of this class, its arrays' headers and its place in a list take, about. */
  private static final int OVERHEAD = 160;

  private final String channel;
  private final byte[] data;
  private final long offset;
  private final String epoch;
  private final long time;
  private final Map<String, String> tags;
  private final @Nullable ClientInfo info;
  private final boolean delta;
  private final byte @Nullable [] previousData;
  private final String key;
  private final boolean removed;
  private final long version;
  private final Encodings encodings = new Encodings();

  private Publication(Builder builder) {
    this.channel = builder.channel;
    this.data = builder.data;
    this.offset = builder.offset;
    this.epoch = builder.epoch;
    this.time = builder.time;
    this.tags = builder.tags;
    this.info = builder.info;
    this.delta = builder.delta;
    this.previousData = builder.previousData;
    this.key = builder.key;
    this.removed = builder.removed;
    this.version = builder.version;
  }

  /**
   * Starts a publication of {@code data}, which is owned from now on and must not change: what a
   * {@link Broker} does with what it was asked to publish or has received.
   */
  public static Builder of(String channel, byte[] data) {
    return new Builder(channel, data);
  }

  /** The channel's full name. */
  public String channel() {
    return channel;
  }

  /** The bytes as they were published, read-only, at position 0; a fresh view for each call. */
  public ByteBuffer data() {
    return ByteBuffer.wrap(data).asReadOnlyBuffer();
  }

  /** The number of bytes of {@link #data()}. */
  public int size() {
    return data.length;
  }

  /** The bytes read as UTF-8, decoded at each call. */
  public String text() {
    return new String(data, StandardCharsets.UTF_8);
  }

  /** Counts the publications of the stream from 1; 0 for one that is in no stream. */
  public long offset() {
    return offset;
  }

  /** The life of the stream that {@link #offset()} counts in; empty if unknown or in no stream. */
  public String epoch() {
    return epoch;
  }

  /** Offset and epoch. */
  public StreamPosition position() {
    return new StreamPosition(offset, epoch);
  }

  /** When the broker accepted it, in milliseconds of the wall clock since 1970; 0 if unknown. */
  public long time() {
    return time;
  }

  /** What subscribers filter by; empty as a rule. */
  public Map<String, String> tags() {
    return tags;
  }

  /** The client that published it; empty if no client did, but the application. */
  public Optional<ClientInfo> info() {
    return Optional.ofNullable(info);
  }

  /** Whether the publisher wants it to travel as the difference to the one before. */
  public boolean delta() {
    return delta;
  }

  /**
   * The bytes of the publication before this one in the stream: there if {@link #delta()} was asked
   * for and the history still held it.
   */
  public Optional<ByteBuffer> previousData() {
    return previousData == null
        ? Optional.empty()
        : Optional.of(ByteBuffer.wrap(previousData).asReadOnlyBuffer());
  }

  /** The key within a channel that is a map, and the one to conflate by; empty if none. */
  public String key() {
    return key;
  }

  /** Whether this removes its {@link #key()}. */
  public boolean removed() {
    return removed;
  }

  /** The publisher's version of the state this carries; 0 if it has none. */
  public long version() {
    return version;
  }

  /**
   * What {@code encode} makes of this publication: made by the first who asks with this {@code key}
   * and shared by all who ask later, whatever the number of subscribers and threads.
   *
   * <p>A key stands for one kind of encoding and one type; keys are few, constant and compared with
   * {@code equals}. {@code encode} is pure, never waits and never returns null; callers with the
   * same key wait for it, and if it throws, the next of them tries again.
   */
  public <T> T encoding(Object key, Function<? super Publication, ? extends T> encode) {
    return encodings.get(this, key, encode);
  }

  /** About what this holds in memory, without encodings; the data before it belongs to that one. */
  int footprint() {
    var bytes = OVERHEAD + data.length + key.length();
    for (var tag : tags.entrySet()) {
      bytes += 64 + tag.getKey().length() + tag.getValue().length();
    }
    return info == null ? bytes : bytes + info.size();
  }

  /** A copy that shares the bytes, but not the encodings: what a history keeps for long. */
  Publication twin() {
    return new Publication(new Builder(this));
  }

  byte[] bytes() {
    return data;
  }

  /** Says which publication it is, not what it says. */
  @Override
  public String toString() {
    return "Publication[channel=%s, offset=%d, epoch=%s, size=%d]"
        .formatted(channel, offset, epoch, data.length);
  }

  /** Collects what a publication carries besides channel and data. Not for several threads. */
  public static final class Builder {

    private final String channel;
    private final byte[] data;
    private long offset;
    private String epoch = "";
    private long time;
    private Map<String, String> tags = Map.of();
    private @Nullable ClientInfo info;
    private boolean delta;
    private byte @Nullable [] previousData;
    private String key = "";
    private boolean removed;
    private long version;

    private Builder(String channel, byte[] data) {
      this.channel = channel;
      this.data = data;
    }

    private Builder(Publication of) {
      this(of.channel, of.data);
      offset = of.offset;
      epoch = of.epoch;
      time = of.time;
      tags = of.tags;
      info = of.info;
      delta = of.delta;
      previousData = of.previousData;
      key = of.key;
      removed = of.removed;
      version = of.version;
    }

    /** Its place in the stream. */
    public Builder position(long offset, String epoch) {
      this.offset = offset;
      this.epoch = epoch;
      return this;
    }

    /** When the broker accepted it, in milliseconds since 1970. */
    public Builder time(long millis) {
      this.time = millis;
      return this;
    }

    /** All that the publisher said about it: tags, publisher, delta, key, removal, version. */
    public Builder options(PublishOptions options) {
      tags = options.tags();
      info = options.info().orElse(null);
      delta = options.delta();
      key = options.key();
      removed = options.removed();
      version = options.version();
      return this;
    }

    /** What subscribers filter by. */
    public Builder tags(Map<String, String> tags) {
      this.tags = Map.copyOf(tags);
      return this;
    }

    /** The client that publishes. */
    public Builder info(ClientInfo info) {
      this.info = info;
      return this;
    }

    /** Asks for it to travel as a difference. */
    public Builder delta(boolean delta) {
      this.delta = delta;
      return this;
    }

    /** The bytes of the publication before it, for the difference; owned from now on. */
    public Builder previousData(byte[] data) {
      this.previousData = data;
      return this;
    }

    /** Its key in a map channel. */
    public Builder key(String key) {
      this.key = key;
      return this;
    }

    /** Whether it removes its key. */
    public Builder removed(boolean removed) {
      this.removed = removed;
      return this;
    }

    /** The publisher's version. */
    public Builder version(long version) {
      this.version = version;
      return this;
    }

    /** The publication. */
    public Publication build() {
      return new Publication(this);
    }
  }
}
