package dev.dunlin.server.netty;

import dev.dunlin.websocket.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts connections, in all, per address and per second, against the limits. */
final class Admission {

  private static final int RESERVED_FILES = 500;

  private final int most;
  private final int mostPerAddress;
  private final long nanosEach;

  /**
   * When the connections taken so far would have come at the mean rate. One is refused while that
   * is more than a second ahead: a token bucket of a second's tokens in one number.
   */
  private final AtomicLong taken = new AtomicLong();

  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> perAddress = new ConcurrentHashMap<>();

  Admission(Limits limits) {
    this.most = limits.maxConnections() > 0 ? limits.maxConnections() : byOpenFiles();
    int perSecond = limits.maxNewConnectionsPerSecond();
    this.nanosEach = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.mostPerAddress = limits.maxConnectionsPerAddress();
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

  /** Whether a connection may come now, so soon after others. */
  private boolean inTime(long now) {
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

  /**
   * Whether one more may come from there; if so it counts until {@link #left}.
   *
   * @param now nanoseconds of a clock that all loops share
   */
  boolean enter(SocketAddress from, long now) {
    if (!inTime(now)) {
      return false;
    }
    if (all.incrementAndGet() > most) {
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
    if (address != null && perAddress.merge(address, 1, Integer::sum) > mostPerAddress) {
      leftAddress(from);
      return false;
    }
    return true;
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

  private @org.jspecify.annotations.Nullable InetAddress counted(SocketAddress from) {
    return mostPerAddress > 0
            && from instanceof InetSocketAddress inet
            && !inet.getAddress().isLoopbackAddress()
        ? inet.getAddress()
        : null;
  }
}
