package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.PresenceStore;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.StreamPosition;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Channels over one Redis or a Redis Cluster, for any number of nodes. See {@code
 * docs/design/redis.md}.
 *
 * <p>While the server cannot be reached, calls fail at once with {@link
 * BrokerUnavailableException}, and the broker tries to connect again, for as long as it is open. So
 * {@link #start} waits for a server that is not there yet.
 */
public final class RedisBroker implements Broker {

  /** What a call takes beside its data. */
  private static final int CALL_BYTES = 512;

  private static final int EPOCH_LETTERS = 8;
  private static final long CENTURY_MILLIS = Duration.ofDays(36_525).toMillis();
  private static final byte[] ZERO = bytes("0");
  private static final byte[] ONE = bytes("1");

  private final RedisOptions options;
  private final Names names;
  private final byte[] trust;
  private final Uplink uplink;
  private final RedisPresence presence;
  private final SecureRandom random = new SecureRandom();
  private final AtomicLong pendingBytes = new AtomicLong();

  private RedisBroker(RedisOptions options) {
    this.options = options;
    this.names = new Names(options.prefix());
    this.trust = options.trustPersistence() ? ONE : ZERO;
    this.uplink = new Uplink(options, names);
    this.presence =
        new RedisPresence(
            names,
            new RedisPresence.Runner() {
              @Override
              public <T> CompletionStage<T> run(Script script, String[] keys, byte[]... arguments) {
                return linked(keys[0], current -> current.run(script, keys, arguments));
              }
            });
  }

  /** A broker over this Redis, not yet started. */
  public static RedisBroker over(RedisOptions options) {
    return new RedisBroker(options);
  }

  @Override
  public CompletionStage<Void> start(Sink sink) {
    return uplink.start(sink);
  }

  @Override
  public void close() {
    uplink.close();
  }

  // Channels

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    var envelope = Envelope.of(data, options);
    if (!options.toHistory() && options.idempotencyKey().isEmpty()) {
      var frame = Frame.publication(envelope, System.currentTimeMillis());
      return send(channel, frame).thenApply(done -> PublishResult.at(StreamPosition.START));
    }
    var keys = names.publish(channel, options.idempotencyKey());
    var kept = options.channel();
    return weighed(
            keys[0],
            envelope.length,
            current ->
                current.<List<Object>>run(
                    Script.PUBLISH,
                    keys,
                    bytes(current.run()),
                    epoch(),
                    trust,
                    bytes(names.messages(channel)),
                    envelope,
                    number(options.toHistory() ? kept.historySize() : 0),
                    number(millis(kept.historyTtl())),
                    number(millis(kept.historyMetaTtl())),
                    number(
                        options.idempotencyKey().isEmpty() ? 0 : millis(options.idempotencyTtl())),
                    number(options.version()),
                    bytes(options.versionEpoch()),
                    options.delta() ? ONE : ZERO,
                    bytes(current.publishing())))
        .thenApply(RedisBroker::result);
  }

  private static PublishResult result(List<Object> answer) {
    var position = new StreamPosition(Long.parseLong(text(answer, 1)), text(answer, 2));
    return new PublishResult(
        position,
        switch (text(answer, 0)) {
          case "i" -> PublishResult.Suppression.IDEMPOTENCY;
          case "v" -> PublishResult.Suppression.VERSION;
          default -> PublishResult.Suppression.NONE;
        });
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return send(channel, Frame.joined(info));
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return send(channel, Frame.left(info));
  }

  private CompletionStage<Void> send(String channel, byte[] frame) {
    var name = names.messages(channel);
    return weighed(name, frame.length, current -> current.publish(name, frame))
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    var name = names.control();
    return weighed(name, message.length, current -> current.publish(name, message))
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Void> subscribe(String channel) {
    return uplink.subscriptions().subscribe(names.messages(channel));
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    return uplink.subscriptions().unsubscribe(names.messages(channel));
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    var since = query.since();
    // An offset of 0 has nothing before it, and Redis has no id before 0-0.
    var alone = query.limit() == 0 || query.reverse() && since.offset() == 0;
    var command = alone ? "" : query.reverse() ? "XREVRANGE" : "XRANGE";
    var from = "(" + since.offset() + "-0";
    var all = query.reverse() && since.offset() == Long.MAX_VALUE;
    var keys = names.stream(channel);
    return this.<List<Object>>linked(
            keys[0],
            current ->
                current.run(
                    Script.HISTORY,
                    keys,
                    bytes(current.run()),
                    epoch(),
                    trust,
                    number(millis(query.metaTtl())),
                    bytes(since.epoch()),
                    bytes(command),
                    bytes(all ? "+" : from),
                    bytes(query.reverse() ? "-" : "+"),
                    number(query.atMost())))
        .thenApply(answer -> history(channel, answer));
  }

  private static History history(String channel, List<Object> answer) {
    var epoch = text(answer, 0);
    var publications = new ArrayList<Publication>();
    for (var entry : list(answer.get(2))) {
      var id = text(list(entry), 0);
      var fields = list(list(entry).get(1));
      publications.add(
          Envelope.publication(channel, (byte[]) fields.get(1))
              .position(Long.parseLong(id.substring(0, id.indexOf('-'))), epoch)
              .time(Long.parseLong(text(fields, 3)))
              .build());
    }
    return new History(publications, new StreamPosition(Long.parseLong(text(answer, 1)), epoch));
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    var publications = names.stream(channel)[1];
    return linked(publications, current -> current.delete(publications)).thenApply(done -> null);
  }

  @Override
  public PresenceStore presence() {
    return presence;
  }

  // Calls

  /** A call of the server that keeps a key or a Redis channel. */
  private <T> CompletionStage<T> linked(String name, Function<Link, CompletionStage<T>> call) {
    return uplink
        .links()
        .map(current -> call.apply(current.of(name)))
        .orElseGet(() -> CompletableFuture.failedStage(uplink.absence()));
  }

  /** A call that has bytes wait for the server: beyond the limit it fails at once. */
  private <T> CompletionStage<T> weighed(
      String name, int bytes, Function<Link, CompletionStage<T>> call) {
    long weight = bytes + CALL_BYTES;
    if (pendingBytes.addAndGet(weight) > options.maxPendingBytes()) {
      pendingBytes.addAndGet(-weight);
      return CompletableFuture.failedStage(
          new BrokerUnavailableException("too much waits for Redis already"));
    }
    return linked(name, call).whenComplete((done, failure) -> pendingBytes.addAndGet(-weight));
  }

  private byte[] epoch() {
    var letters = new byte[EPOCH_LETTERS];
    for (var i = 0; i < EPOCH_LETTERS; i++) {
      letters[i] = (byte) ('a' + random.nextInt(26));
    }
    return letters;
  }

  /** As Redis takes it: a positive time is never rounded to none, and none is beyond its range. */
  static long millis(Duration time) {
    if (time.isZero()) {
      return 0;
    }
    return time.compareTo(Duration.ofMillis(CENTURY_MILLIS)) > 0
        ? CENTURY_MILLIS
        : Math.max(1, time.toMillis());
  }

  private static byte[] number(long number) {
    return bytes(Long.toString(number));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(List<?> answer, int index) {
    return new String((byte[]) answer.get(index), UTF_8);
  }

  private static List<?> list(Object answer) {
    return (List<?>) answer;
  }

  /** Makes Redis brokers: {@code redis}, with the options of {@link RedisOptions}. */
  public static final class Provider implements Broker.Provider {

    /** For {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public String name() {
      return "redis";
    }

    @Override
    public Broker open(Map<String, String> options) {
      return over(RedisOptions.of(options));
    }
  }
}
