package dev.dunlin.server;

import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Traffic;
import java.time.Duration;
import java.util.Map;

/**
 * A server in numbers, as {@link WebSocketServer#statistics()} has read them.
 *
 * <p>Counters begin at zero when the server starts and never fall; gauges, marked as such, are of
 * the moment. The figures of one reading are taken one after the other while the server works: they
 * need not add up to the last message. Reading costs the event loops nothing.
 *
 * @param tcp all connections, from their acceptance on
 * @param webSocket those that have become WebSocket connections
 * @param http those that speak plain HTTP, long answers such as server-sent events among them
 * @param turnedAway connections beyond a limit on connections, or that came while draining
 * @param acceptFailures times that a connection could not be accepted, as for want of files
 * @param refusals handshakes and HTTP requests that the server itself answered with an error, by
 *     status: 503 for those that were turned away, where they could be told
 * @param received what has come over WebSocket connections
 * @param sent what has gone over WebSocket connections
 * @param joinedBatches batches of several messages that left in one frame
 * @param writes calls that handed gathered frames to the transport: the flushes
 * @param dropped messages that an {@link Overflow} policy dropped, by {@code trySend} or {@code
 *     send}
 * @param conflated messages whose place in a queue a newer one of their key took
 * @param ends sessions that have ended, by cause; {@link Closed.Cause#SLOW} are the slow consumers
 * @param closesSent close frames sent, by code; 1005 for one without a code
 * @param closesReceived close frames received, by code; a peer may choose any from 3000 to 4999
 * @param queuedBytes a gauge: what waits for peers that read more slowly than they are sent to,
 *     each shared message counted once
 * @param queueLimitBytes what may wait in all before the largest queues close
 * @param lag a gauge: how late the latest of the event loops is. Loops without connections have
 *     none
 * @param worstLag the latest that an event loop has been
 * @param stalls times that an event loop was more than 50 ms late
 */
public record ServerStatistics(
    Connections tcp,
    Connections webSocket,
    Connections http,
    long turnedAway,
    long acceptFailures,
    Map<Integer, Long> refusals,
    Traffic received,
    Traffic sent,
    long joinedBatches,
    long writes,
    long dropped,
    long conflated,
    Map<Closed.Cause, Long> ends,
    Map<Integer, Long> closesSent,
    Map<Integer, Long> closesReceived,
    long queuedBytes,
    long queueLimitBytes,
    Duration lag,
    Duration worstLag,
    long stalls) {

  /**
   * Connections of one kind.
   *
   * @param begun how many there have been
   * @param open a gauge: how many there are
   */
  public record Connections(long begun, long open) {}

  /** Statistics; maps are copied. */
  public ServerStatistics {
    refusals = Map.copyOf(refusals);
    ends = Map.copyOf(ends);
    closesSent = Map.copyOf(closesSent);
    closesReceived = Map.copyOf(closesReceived);
  }

  /** Sessions that were closed because their peers did not read as fast as they were sent to. */
  public long slowConsumers() {
    return ends.getOrDefault(Closed.Cause.SLOW, 0L);
  }
}
