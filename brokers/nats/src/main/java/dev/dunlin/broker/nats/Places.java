package dev.dunlin.broker.nats;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where in the stream some publications of a channel lie, as this node has heard them, so that
 * whoever missed a few need not be read the whole history. Offsets of one epoch lie in their order.
 *
 * <p>A hint: it may know nothing, and the reader sees by the offsets whether something is missing.
 * Of the channels that are followed here, and little of each. For any thread.
 */
final class Places {

  static final int APART = 32;
  private static final int MOST = 10; // with APART as far back as clients recover by default

  private record Place(String epoch, long offset, long sequence) {}

  private final ConcurrentHashMap<String, ArrayDeque<Place>> channels = new ConcurrentHashMap<>();

  void follow(String channel) {
    channels.computeIfAbsent(channel, name -> new ArrayDeque<>(0));
  }

  void forget(String channel) {
    channels.remove(channel);
  }

  /** A publication was heard. */
  void heard(String channel, String epoch, long offset, long sequence) {
    if (offset % APART == 0) {
      channels.computeIfPresent(
          channel,
          (name, places) -> {
            if (places.size() == MOST) {
              places.removeFirst();
            }
            places.addLast(new Place(epoch, offset, sequence));
            return places;
          });
    }
  }

  /** A sequence from which on everything after the offset lies; 0 if none is known. */
  long before(String channel, String epoch, long offset) {
    var found = new long[1];
    channels.computeIfPresent(
        channel,
        (name, places) -> {
          for (var place : places) {
            if (place.epoch.equals(epoch) && place.offset <= offset + 1) {
              found[0] = Math.max(found[0], place.sequence);
            }
          }
          return places;
        });
    return found[0];
  }
}
