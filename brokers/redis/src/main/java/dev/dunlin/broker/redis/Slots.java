package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.BrokerUnavailableException;
import io.lettuce.core.cluster.SlotHash;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which master of a cluster keeps which slot. */
final class Slots {

  /** Where a master listens. */
  record Place(String host, int port) {}

  private final Place[] masters;

  private Slots(Place[] masters) {
    this.masters = masters;
  }

  /**
   * From the answer to {@code CLUSTER SLOTS}: ranges, each with its first and last slot, its master
   * and then its replicas.
   */
  static Slots of(List<?> answer) {
    var masters = new Place[SlotHash.SLOT_COUNT];
    for (var entry : answer) {
      var range = (List<?>) entry;
      var master = (List<?>) range.get(2);
      var host = master.get(0) instanceof byte[] name ? new String(name, UTF_8) : "";
      var place = new Place(host, Math.toIntExact((Long) master.get(1)));
      Arrays.fill(
          masters,
          Math.toIntExact((Long) range.get(0)),
          Math.toIntExact((Long) range.get(1)) + 1,
          place);
    }
    if (Arrays.stream(masters).anyMatch(place -> place == null)) {
      throw new BrokerUnavailableException("the Redis cluster does not serve all slots");
    }
    return new Slots(masters);
  }

  /** The masters, each once. */
  List<Place> masters() {
    return Arrays.stream(masters).distinct().toList();
  }

  /** The master of a key or a channel. */
  Place master(String name) {
    return masters[SlotHash.getSlot(name)];
  }

  /** Names of different slots apart, as commands to a cluster have to have them. */
  static Collection<List<String>> apart(List<String> names) {
    return names.stream()
        .collect(Collectors.groupingBy(SlotHash::getSlot, LinkedHashMap::new, Collectors.toList()))
        .values();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Slots slots && Arrays.equals(masters, slots.masters);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(masters);
  }
}
