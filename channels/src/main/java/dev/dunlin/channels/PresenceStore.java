package dev.dunlin.channels;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Who is present in which channel, on all nodes: an SPI, implemented by each {@link Broker}.
 *
 * <p>Clients are told apart by {@link ClientInfo#client()}. Any thread may call, no call waits, and
 * failures come through the stages.
 */
public interface PresenceStore {

  /**
   * Adds the client, or refreshes it with what is known of it now. Unless refreshed it vanishes
   * after {@code ttl}, which a node that died leaves to happen.
   */
  CompletionStage<Void> add(String channel, ClientInfo info, Duration ttl);

  /** Removes the client at once; nothing happens if it is not there. */
  CompletionStage<Void> remove(String channel, ClientInfo info);

  /** All who are present, by client id. */
  CompletionStage<Map<String, ClientInfo>> presence(String channel);

  /** How many are present. */
  CompletionStage<PresenceStats> stats(String channel);
}
