package dev.dunlin.centrifuge;

import dev.dunlin.auth.Allowances;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps the {@link Quotas} that concern several connections. For any thread. */
final class Guard {

  private static final int MOST_KEYS = 100_000;
  private static final Duration SHARED_WINDOW = Duration.ofSeconds(10);

  /** What became of something that wanted to count for a user or an address. */
  enum Entry {
    COUNTED,
    UNCOUNTED,
    REFUSED
  }

  private final Supplier<Quotas> quotas;
  private final LongSupplier nanoTime;
  private volatile Rates rates;
  private final Counts connections = new Counts();
  private final Counts subscriptionsOfUsers = new Counts();
  private final Counts subscriptionsOfAddresses = new Counts();

  Guard(Supplier<Quotas> quotas) {
    this(quotas, System::nanoTime);
  }

  Guard(Supplier<Quotas> quotas, LongSupplier nanoTime) {
    this.quotas = quotas;
    this.nanoTime = nanoTime;
    var first = quotas.get();
    this.rates =
        new Rates(
            first,
            failures(first.failedConnectsPerMinute()),
            rate(first.connectsPerUser()),
            shares(first.user()),
            shares(first.address()));
  }

  private record Shares(Allowances commands, Allowances messages, Allowances bytes) {
    boolean message(Object key, int size) {
      return messages.take(key) && bytes.take(key, size);
    }
  }

  /** What is counted by time, under the quotas that held when it was made. */
  private record Rates(
      Quotas quotas, Allowances failures, Allowances connects, Shares users, Shares addresses) {}

  /** By the quotas that hold; what is another one by now is counted anew. */
  private Rates rates() {
    var now = quotas.get();
    var known = rates;
    if (known.quotas == now || known.quotas.equals(now)) {
      return known;
    }
    var before = known.quotas;
    var changed =
        new Rates(
            now,
            before.failedConnectsPerMinute() == now.failedConnectsPerMinute()
                ? known.failures
                : failures(now.failedConnectsPerMinute()),
            before.connectsPerUser() == now.connectsPerUser()
                ? known.connects
                : rate(now.connectsPerUser()),
            before.user().equals(now.user()) ? known.users : shares(now.user()),
            before.address().equals(now.address()) ? known.addresses : shares(now.address()));
    rates = changed;
    return changed;
  }

  private Allowances failures(int perMinute) {
    return Allowances.of(perMinute, Duration.ofMinutes(1), MOST_KEYS, nanoTime);
  }

  private Allowances rate(int perSecond) {
    int burst = (int) Math.min(SHARED_WINDOW.toSeconds() * perSecond, Integer.MAX_VALUE);
    return Allowances.of(burst, SHARED_WINDOW, MOST_KEYS, nanoTime);
  }

  private Shares shares(Quotas.Shared quota) {
    return new Shares(
        rate(quota.commandsPerSecond()),
        rate(quota.messagesPerSecond()),
        rate(quota.bytesPerSecond()));
  }

  /** How many there are, by key. */
  private static final class Counts {
    private final ConcurrentHashMap<Object, Integer> counts = new ConcurrentHashMap<>();

    /** Counts one more unless that is more than so many; 0 for any number. */
    boolean enter(Object key, int most) {
      if (counts.merge(key, 1, Integer::sum) > most && most > 0) {
        left(key);
        return false;
      }
      return true;
    }

    void left(Object key) {
      counts.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
    }
  }

  Quotas quotas() {
    return quotas.get();
  }

  // ---- connections

  /** Whether the user may connect once more at this time. */
  boolean connects(String user) {
    return user.isEmpty() || rates().connects.take(user);
  }

  /** Whether the user may have one more connection; if it counts, then until {@link #left}. */
  Entry enter(String user) {
    int most = quotas.get().connectionsPerUser();
    if (most == 0 || user.isEmpty()) {
      return Entry.UNCOUNTED;
    }
    return connections.enter(user, most) ? Entry.COUNTED : Entry.REFUSED;
  }

  /** A connection that was counted is over. */
  void left(String user) {
    connections.left(user);
  }

  // ---- what connections do; users without a name and addresses without a key do not count

  /** What an address is counted under; null for one that is not counted. */
  static @Nullable Object key(SocketAddress from) {
    return from instanceof InetSocketAddress inet
            && inet.getAddress() != null
            && !inet.getAddress().isLoopbackAddress()
        ? Allowances.key(inet.getAddress())
        : null;
  }

  /** Whether one more command may be carried out. */
  boolean command(@Nullable Object address, String user) {
    var now = rates();
    return (address == null || now.addresses.commands.take(address))
        && (user.isEmpty() || now.users.commands.take(user));
  }

  /** Whether one more message may be read. */
  boolean message(@Nullable Object address, String user, int bytes) {
    var now = rates();
    return (address == null || now.addresses.message(address, bytes))
        && (user.isEmpty() || now.users.message(user, bytes));
  }

  /** Whether there may be one more subscription; if it counts, then until {@link #unsubscribe}. */
  Entry subscribe(@Nullable Object address, String user) {
    var now = quotas.get();
    int mostOfAddress = now.address().subscriptions();
    int mostOfUser = now.user().subscriptions();
    if (mostOfAddress == 0 && mostOfUser == 0) {
      return Entry.UNCOUNTED;
    }
    if (address != null && !subscriptionsOfAddresses.enter(address, mostOfAddress)) {
      return Entry.REFUSED;
    }
    if (!user.isEmpty() && !subscriptionsOfUsers.enter(user, mostOfUser)) {
      if (address != null) {
        subscriptionsOfAddresses.left(address);
      }
      return Entry.REFUSED;
    }
    return Entry.COUNTED;
  }

  /** A subscription that was counted is over. */
  void unsubscribe(@Nullable Object address, String user) {
    if (address != null) {
      subscriptionsOfAddresses.left(address);
    }
    if (!user.isEmpty()) {
      subscriptionsOfUsers.left(user);
    }
  }

  // ---- failures

  /** Whether that address has shown too many invalid tokens to be heard now. */
  boolean failsTooOften(SocketAddress from) {
    return Optional.ofNullable(key(from)).filter(rates().failures::exhausted).isPresent();
  }

  /** That address has shown an invalid token. */
  void failed(SocketAddress from) {
    Optional.ofNullable(key(from)).ifPresent(rates().failures::take);
  }
}
