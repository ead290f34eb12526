package dev.dunlin.centrifuge;

import dev.dunlin.auth.Allowances;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps the {@link Quotas} that concern several connections. For any thread. */
final class Guard {

  private static final int MOST_ADDRESSES = 100_000;

  private final Quotas quotas;
  private final Allowances failures;
  private final ConcurrentHashMap<String, Integer> connections = new ConcurrentHashMap<>();

  Guard(Quotas quotas) {
    this.quotas = quotas;
    this.failures =
        Allowances.of(
            quotas.failedConnectsPerMinute(),
            Duration.ofMinutes(1),
            MOST_ADDRESSES,
            System::nanoTime);
  }

  Quotas quotas() {
    return quotas;
  }

  /** Whether the user may have one more connection; if so it counts until {@link #left}. */
  boolean enter(String user) {
    if (quotas.connectionsPerUser() == 0 || user.isEmpty()) {
      return true;
    }
    if (connections.merge(user, 1, Integer::sum) > quotas.connectionsPerUser()) {
      left(user);
      return false;
    }
    return true;
  }

  /** A connection that entered is over. */
  void left(String user) {
    if (quotas.connectionsPerUser() > 0 && !user.isEmpty()) {
      connections.computeIfPresent(user, (same, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Whether that address has shown too many invalid tokens to be heard now. */
  boolean failsTooOften(SocketAddress from) {
    return counted(from).filter(address -> failures.exhausted(Allowances.key(address))).isPresent();
  }

  /** That address has shown an invalid token. */
  void failed(SocketAddress from) {
    counted(from).ifPresent(address -> failures.take(Allowances.key(address)));
  }

  private static Optional<InetAddress> counted(SocketAddress from) {
    return from instanceof InetSocketAddress inet
            && inet.getAddress() != null
            && !inet.getAddress().isLoopbackAddress()
        ? Optional.of(inet.getAddress())
        : Optional.empty();
  }
}
