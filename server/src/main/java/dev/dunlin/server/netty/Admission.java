package dev.dunlin.server.netty;

import dev.dunlin.auth.Allowances;
import dev.dunlin.websocket.Limits;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Counts connections against the limits: in all and per second, each of them also per address, and
 * the TLS handshakes of a second.
 */
final class Admission {

  private static final int RESERVED_FILES = 500;

  /** Addresses that are told apart among those that came lately: about 10 MB. */
  private static final int MOST_ADDRESSES = 100_000;

  /** TLS handshakes that a processor carries in a second, as docs/design/transport.md measures. */
  private static final int HANDSHAKES_PER_PROCESSOR = OpenSsl.isAvailable() ? 330 : 130;

  private final LongSupplier nanoTime;
  private volatile Bounds bounds;

  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentHashMap<Object, Integer> perAddress = new ConcurrentHashMap<>();

  Admission(Limits limits) {
    this(limits, System::nanoTime);
  }

  /** With a clock of which only differences mean anything. */
  Admission(Limits limits, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.bounds = bounds(limits);
  }

  /** What the limits say, and what of it was used up lately. */
  private record Bounds(
      int most, int mostPerAddress, Rate connections, Rate handshakes, Allowances arrivals) {}

  private Bounds bounds(Limits limits) {
    int shakes = limits.maxTlsHandshakesPerSecond();
    return new Bounds(
        limits.maxConnections() > 0 ? limits.maxConnections() : byOpenFiles(),
        limits.maxConnectionsPerAddress(),
        new Rate(limits.maxNewConnectionsPerSecond()),
        new Rate(shakes > 0 ? shakes : byProcessors()),
        Allowances.of(
            limits.maxNewConnectionsPerSecondPerAddress(),
            Duration.ofSeconds(1),
            MOST_ADDRESSES,
            nanoTime));
  }

  /**
   * Other limits from now on: those who are there still count, and stay. What was taken of a second
   * is forgotten.
   */
  void limits(Limits limits) {
    bounds = bounds(limits);
  }

  private static int byOpenFiles() {
    var limits = Path.of("/proc/self/limits");
    try {
      for (var line :
          Files.exists(limits) ? Files.readAllLines(limits) : java.util.List.<String>of()) {
        if (line.startsWith("Max open files")) {
          var soft = line.substring("Max open files".length()).strip().split(" ", 2)[0];
          if (!soft.equals("unlimited")) {
            long files = Long.parseLong(soft);
            return (int) Math.min(Integer.MAX_VALUE, Math.max(files / 2, files - RESERVED_FILES));
          }
        }
      }
    } catch (IOException | NumberFormatException e) {
      return Integer.MAX_VALUE; // nobody says: the accept loop backs off by itself
    }
    return Integer.MAX_VALUE;
  }

  /** Half of the processors are for handshakes, the rest for those who are connected. */
  private static int byProcessors() {
    return Math.max(1, HANDSHAKES_PER_PROCESSOR * Runtime.getRuntime().availableProcessors() / 2);
  }

  /** So many in a second, in the mean; 0 sets no limit. */
  private static final class Rate {
    private final long nanosEach;

    /**
     * When those taken so far would have come at the mean rate. One is refused while that is more
     * than a second ahead: a token bucket of a second's tokens in one number.
     */
    private final AtomicLong taken = new AtomicLong();

    private Rate(int perSecond) {
      nanosEach = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    /** Whether one may come now, so soon after others. */
    private boolean take(long now) {
      while (nanosEach > 0) {
        long before = taken.get();
        long then = Math.max(before, now);
        if (then - now > TimeUnit.SECONDS.toNanos(1) - nanosEach) {
          return false;
        }
        if (taken.compareAndSet(before, then + nanosEach)) {
          return true;
        }
      }
      return true;
    }
  }

  /**
   * Whether one more TLS handshake may begin so soon after others.
   *
   * @param now nanoseconds of a clock that all loops share
   */
  boolean mayShakeHands(long now) {
    return bounds.handshakes.take(now);
  }

  /**
   * Whether one more may come from there; if so it counts until {@link #left}.
   *
   * @param now nanoseconds of a clock that all loops share
   */
  boolean enter(SocketAddress from, long now) {
    var holding = bounds;
    if (!holding.connections.take(now)) {
      return false;
    }
    if (all.incrementAndGet() > holding.most) {
      all.decrementAndGet();
      return false;
    }
    if (!enterAddress(from)) {
      all.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Whether that address may have one more; if so it counts until {@link #leftAddress}. */
  boolean enterAddress(SocketAddress from) {
    var address = counted(from);
    if (address == null) {
      return true;
    }
    var holding = bounds;
    if (perAddress.merge(address, 1, Integer::sum) > most(holding.mostPerAddress)
        || !holding.arrivals.take(address)) {
      leftAddress(from);
      return false;
    }
    return true;
  }

  private static int most(int limit) {
    return limit == 0 ? Integer.MAX_VALUE : limit;
  }

  void left(SocketAddress from) {
    all.decrementAndGet();
    leftAddress(from);
  }

  void leftAddress(SocketAddress from) {
    var address = counted(from);
    if (address != null) {
      perAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
  }

  private static @org.jspecify.annotations.Nullable Object counted(SocketAddress from) {
    return from instanceof InetSocketAddress inet && !inet.getAddress().isLoopbackAddress()
        ? Allowances.key(inet.getAddress())
        : null;
  }
}
