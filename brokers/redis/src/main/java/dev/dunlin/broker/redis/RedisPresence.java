package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.PresenceStats;
import dev.dunlin.channels.PresenceStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Who is present, kept in Redis and expired by its clock: see {@code presence.lua}. */
final class RedisPresence implements PresenceStore {

  /** How the broker runs a script on whatever link there is. */
  interface Runner {
    <T> CompletionStage<T> run(Script script, String[] keys, byte[]... arguments);
  }

  private final Names names;
  private final Runner runner;

  RedisPresence(Names names, Runner runner) {
    this.names = names;
    this.runner = runner;
  }

  @Override
  public CompletionStage<Void> add(String channel, ClientInfo info, Duration ttl) {
    return runner
        .run(
            Script.PRESENCE_ADD,
            names.presence(channel),
            bytes(info.client()),
            value(info),
            bytes(Long.toString(RedisBroker.millis(ttl))))
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Void> remove(String channel, ClientInfo info) {
    return runner
        .run(Script.PRESENCE_REMOVE, names.presence(channel), bytes(info.client()))
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Map<String, ClientInfo>> presence(String channel) {
    return runner
        .<List<byte[]>>run(Script.PRESENCE_READ, names.presence(channel))
        .thenApply(entries -> {
          var present = new HashMap<String, ClientInfo>();
          for (var i = 0; i + 1 < entries.size(); i += 2) {
            present.put(new String(entries.get(i), UTF_8), info(entries.get(i + 1)));
          }
          return present;
        });
  }

  @Override
  public CompletionStage<PresenceStats> stats(String channel) {
    return runner
        .<List<Long>>run(Script.PRESENCE_STATS, names.presence(channel))
        .thenApply(counts -> new PresenceStats(counts.get(0).intValue(), counts.get(1).intValue()));
  }

  private static byte[] value(ClientInfo info) {
    var user = bytes(info.user());
    var length = bytes(user.length + ":");
    var envelope = Envelope.of(info);
    var value = Arrays.copyOf(length, length.length + user.length + envelope.length);
    System.arraycopy(user, 0, value, length.length, user.length);
    System.arraycopy(envelope, 0, value, length.length + user.length, envelope.length);
    return value;
  }

  private static ClientInfo info(byte[] value) {
    var colon = 0;
    while (value[colon] != ':') {
      colon++;
    }
    var begin = colon + 1 + Integer.parseInt(new String(value, 0, colon, UTF_8));
    return Envelope.info(Arrays.copyOfRange(value, begin, value.length));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
