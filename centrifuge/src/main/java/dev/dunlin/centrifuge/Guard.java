package dev.dunlin.centrifuge;

import dev.dunlin.auth.Allowances;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Keeps the {@link Quotas} that concern several connections. For any thread. */
final class Guard {

  private static final int MOST_ADDRESSES = 100_000;

  /** What became of a connection that wanted to count as one of its user's. */
  enum Entry {
    COUNTED,
    UNCOUNTED,
    REFUSED
  }

  private record Failures(int perMinute, Allowances allowed) {
    static Failures of(int perMinute) {
      return new Failures(
          perMinute,
          Allowances.of(perMinute, Duration.ofMinutes(1), MOST_ADDRESSES, System::nanoTime));
    }
  }

  private final Supplier<Quotas> quotas;
  private volatile Failures failures;
  private final ConcurrentHashMap<String, Integer> connections = new ConcurrentHashMap<>();

  Guard(Supplier<Quotas> quotas) {
    this.quotas = quotas;
    this.failures = Failures.of(quotas.get().failedConnectsPerMinute());
  }

  Quotas quotas() {
    return quotas.get();
  }

  /** Whether the user may have one more connection; if it counts, then until {@link #left}. */
  Entry enter(String user) {
    int most = quotas.get().connectionsPerUser();
    if (most == 0 || user.isEmpty()) {
      return Entry.UNCOUNTED;
    }
    if (connections.merge(user, 1, Integer::sum) > most) {
      left(user);
      return Entry.REFUSED;
    }
    return Entry.COUNTED;
  }

  /** A connection that was counted is over. */
  void left(String user) {
    connections.computeIfPresent(user, (same, count) -> count == 1 ? null : count - 1);
  }

  /** By the quota that holds; where that is another one the counting begins anew. */
  private Allowances failures() {
    int perMinute = quotas.get().failedConnectsPerMinute();
    var known = failures;
    if (known.perMinute != perMinute) {
      known = Failures.of(perMinute);
      failures = known;
    }
    return known.allowed;
  }

  /** Whether that address has shown too many invalid tokens to be heard now. */
  boolean failsTooOften(SocketAddress from) {
    return counted(from)
        .filter(address -> failures().exhausted(Allowances.key(address)))
        .isPresent();
  }

  /** That address has shown an invalid token. */
  void failed(SocketAddress from) {
    counted(from).ifPresent(address -> failures().take(Allowances.key(address)));
  }

  private static Optional<InetAddress> counted(SocketAddress from) {
    return from instanceof InetSocketAddress inet
            && inet.getAddress() != null
            && !inet.getAddress().isLoopbackAddress()
        ? Optional.of(inet.getAddress())
        : Optional.empty();
  }
}
