package dev.dunlin.centrifuge;

import dev.dunlin.auth.SignedMessages.Refused.Fault;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What an endpoint counts. For any thread. */
final class Counters {

  private static final long[] BOUNDS =
      EndpointStatistics.Times.BOUNDS.stream().mapToLong(Duration::toNanos).toArray();

  final LongAdder recovered = new LongAdder();
  final LongAdder unrecovered = new LongAdder();
  final LongAdder encodings = new LongAdder();
  final LongAdder insufficient = new LongAdder();

  /** Signatures of publications that were right. */
  final LongAdder verified = new LongAdder();

  private final Map<Fault, LongAdder> refused = new EnumMap<>(Fault.class);

  private final Map<Integer, LongAdder> errors = new ConcurrentHashMap<>();
  private final Map<Class<?>, Times> commands = new HashMap<>();

  Counters() {
    for (var fault : Fault.values()) {
      refused.put(fault, new LongAdder());
    }
    for (var request : Request.class.getPermittedSubclasses()) {
      commands.put(request, new Times());
    }
  }

  private static final class Times {
    final LongAdder[] counts =
        Stream.generate(LongAdder::new).limit(BOUNDS.length + 1).toArray(LongAdder[]::new);
    final LongAdder total = new LongAdder();
  }

  /** A command is done. */
  void took(Request request, long nanos) {
    var times = commands.get(request.getClass());
    if (times != null) {
      int index = Arrays.binarySearch(BOUNDS, nanos);
      times.counts[index < 0 ? -index - 1 : index].increment();
      times.total.add(nanos);
    }
  }

  /** A client is told an error. */
  void told(ErrorCode error) {
    errors.computeIfAbsent(error.code(), code -> new LongAdder()).increment();
  }

  /** A publication is refused for its signature. */
  void refused(Fault fault) {
    Objects.requireNonNull(refused.get(fault)).increment();
  }

  EndpointStatistics statistics() {
    var byName = new LinkedHashMap<String, EndpointStatistics.Times>();
    commands.forEach((request, times) ->
        byName.put(
            name(request),
            new EndpointStatistics.Times(
                Stream.of(times.counts).map(LongAdder::sum).toList(),
                Duration.ofNanos(times.total.sum()))));
    var byCode = new HashMap<Integer, Long>();
    errors.forEach((code, count) -> byCode.put(code, count.sum()));
    var byFault = new EnumMap<Fault, Long>(Fault.class);
    refused.forEach((fault, count) -> byFault.put(fault, count.sum()));
    return new EndpointStatistics(
        byName,
        byCode,
        recovered.sum(),
        unrecovered.sum(),
        encodings.sum(),
        insufficient.sum(),
        verified.sum(),
        byFault);
  }

  /** {@code SubRefreshRequest} is {@code sub_refresh} in the protocol. */
  private static String name(Class<?> request) {
    return request
        .getSimpleName()
        .replace("Request", "")
        .replaceAll("(?<=[a-z])([A-Z])", "_$1")
        .toLowerCase(java.util.Locale.ROOT);
  }
}
