package dev.dunlin.broker.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.PresenceStats;
import dev.dunlin.channels.PresenceStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Who is present, in a key-value bucket: a key for each client of a channel, a value of the time it
 * ends at (ms since 1970, a space) and the client's envelope. What has ended is passed over, and
 * goes with the bucket's own time to live.
 */
final class NatsPresence implements PresenceStore {

  /** How the broker has something done with the link of the moment. */
  interface Caller {
    <T> CompletionStage<T> call(String channel, Work<T> work);
  }

  /** What waits for the server. */
  interface Work<T> {
    T on(Link link) throws Exception;
  }

  private final String bucket;
  private final Caller caller;

  NatsPresence(Subjects subjects, Caller caller) {
    this.bucket = subjects.presence();
    this.caller = caller;
  }

  @Override
  public CompletionStage<Void> add(String channel, ClientInfo info, Duration ttl) {
    if (ttl.compareTo(Link.PRESENCE_TTL) > 0) {
      return CompletableFuture.failedStage(
          new IllegalArgumentException(
              "presence for " + ttl + ": over NATS at most " + Link.PRESENCE_TTL));
    }
    var envelope = Envelope.of(info);
    return caller
        .<Boolean>call(
            channel,
            link -> {
              var until = bytes((System.currentTimeMillis() + ttl.toMillis()) + " ");
              var value = Arrays.copyOf(until, until.length + envelope.length);
              System.arraycopy(envelope, 0, value, until.length, envelope.length);
              link.presence().put(key(channel, info), value);
              return true;
            })
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Void> remove(String channel, ClientInfo info) {
    return caller
        .<Boolean>call(
            channel,
            link -> {
              link.presence().delete(key(channel, info));
              return true;
            })
        .thenApply(done -> null);
  }

  private static String key(String channel, ClientInfo info) {
    return Subjects.token(channel) + '.' + Subjects.token(info.client());
  }

  @Override
  public CompletionStage<Map<String, ClientInfo>> presence(String channel) {
    return caller.call(channel, link -> read(link, channel));
  }

  @Override
  public CompletionStage<PresenceStats> stats(String channel) {
    return presence(channel)
        .thenApply(present -> {
          var users = new HashSet<String>();
          present.values().forEach(info -> users.add(info.user()));
          return new PresenceStats(present.size(), users.size());
        });
  }

  private Map<String, ClientInfo> read(Link link, String channel) throws Exception {
    var present = new HashMap<String, ClientInfo>();
    var now = System.currentTimeMillis();
    var keys = "$KV." + bucket + '.' + Subjects.token(channel) + ".*";
    for (var message : link.read("KV_" + bucket, keys, 0)) {
      var value = message.getData();
      var space = 0;
      while (space < value.length && value[space] != ' ') {
        space++;
      }
      // A removed key has a message too, without a value.
      if (space < value.length && Long.parseLong(new String(value, 0, space, UTF_8)) > now) {
        var info = Envelope.info(Arrays.copyOfRange(value, space + 1, value.length));
        present.put(info.client(), info);
      }
    }
    return present;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
