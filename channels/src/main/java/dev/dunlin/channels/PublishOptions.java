package dev.dunlin.channels;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a message is published: immutable, each method gives a changed copy. */
public final class PublishOptions {

  /** How long an idempotency key is remembered if nothing else is said: 5 minutes. */
  public static final Duration DEFAULT_IDEMPOTENCY_TTL = Duration.ofMinutes(5);

  private static final PublishOptions DEFAULTS = new PublishOptions(ChannelOptions.defaults());

  private ChannelOptions channel;
  private boolean skipHistory;
  private String idempotencyKey = "";
  private Duration idempotencyTtl = DEFAULT_IDEMPOTENCY_TTL;
  private long version;
  private String versionEpoch = "";
  private boolean delta;
  private Map<String, String> tags = Map.of();
  private @Nullable ClientInfo info;
  private String key = "";
  private boolean removed;

  private PublishOptions(ChannelOptions channel) {
    this.channel = channel;
  }

  private PublishOptions copy() {
    var copy = new PublishOptions(channel);
    copy.skipHistory = skipHistory;
    copy.idempotencyKey = idempotencyKey;
    copy.idempotencyTtl = idempotencyTtl;
    copy.version = version;
    copy.versionEpoch = versionEpoch;
    copy.delta = delta;
    copy.tags = tags;
    copy.info = info;
    copy.key = key;
    copy.removed = removed;
    return copy;
  }

  /** To the subscribers of the moment: no history, no tags, no key. */
  public static PublishOptions defaults() {
    return DEFAULTS;
  }

  /** Into a channel with these options. */
  public static PublishOptions of(ChannelOptions channel) {
    return new PublishOptions(channel);
  }

  /** Into a channel with these options. */
  public PublishOptions channel(ChannelOptions channel) {
    var copy = copy();
    copy.channel = channel;
    return copy;
  }

  /** Passes the history by: delivered without an offset, and nobody can recover it. */
  public PublishOptions skipHistory(boolean skipHistory) {
    var copy = copy();
    copy.skipHistory = skipHistory;
    return copy;
  }

  /**
   * Publishes at most once per channel and {@code key} while the key is remembered: a repetition is
   * answered with the position of the first and delivered to nobody. An empty key is none.
   */
  public PublishOptions idempotencyKey(String key) {
    var copy = copy();
    copy.idempotencyKey = key;
    return copy;
  }

  /** How long the idempotency key is remembered; 5 minutes by default. */
  public PublishOptions idempotencyTtl(Duration ttl) {
    var copy = copy();
    copy.idempotencyTtl = ttl;
    return copy;
  }

  /**
   * States the version of what is published, in a channel with history: if the channel already had
   * this version or a later one of the same {@code versionEpoch} (an empty one matches all),
   * nothing is published. Versions are positive; 0 is none.
   */
  public PublishOptions version(long version, String versionEpoch) {
    if (version < 0) {
      throw new IllegalArgumentException("version " + version + " is negative");
    }
    var copy = copy();
    copy.version = version;
    copy.versionEpoch = versionEpoch;
    return copy;
  }

  /** Asks that subscribers which can take it get the difference to the publication before. */
  public PublishOptions delta(boolean delta) {
    var copy = copy();
    copy.delta = delta;
    return copy;
  }

  /** What subscribers may filter by. */
  public PublishOptions tags(Map<String, String> tags) {
    var copy = copy();
    copy.tags = Map.copyOf(tags);
    return copy;
  }

  /** The client that publishes. */
  public PublishOptions info(ClientInfo info) {
    var copy = copy();
    copy.info = info;
    return copy;
  }

  /** The key within a map channel, and the one to conflate by. */
  public PublishOptions key(String key) {
    var copy = copy();
    copy.key = key;
    return copy;
  }

  /** Whether the publication removes its key. */
  public PublishOptions removed(boolean removed) {
    var copy = copy();
    copy.removed = removed;
    return copy;
  }

  public ChannelOptions channel() {
    return channel;
  }

  /** Whether the publication enters the channel's history and so gets an offset. */
  public boolean toHistory() {
    return !skipHistory && channel.keepsHistory();
  }

  public boolean skipHistory() {
    return skipHistory;
  }

  public String idempotencyKey() {
    return idempotencyKey;
  }

  public Duration idempotencyTtl() {
    return idempotencyTtl;
  }

  public long version() {
    return version;
  }

  public String versionEpoch() {
    return versionEpoch;
  }

  public boolean delta() {
    return delta;
  }

  public Map<String, String> tags() {
    return tags;
  }

  public Optional<ClientInfo> info() {
    return Optional.ofNullable(info);
  }

  public String key() {
    return key;
  }

  public boolean removed() {
    return removed;
  }
}
