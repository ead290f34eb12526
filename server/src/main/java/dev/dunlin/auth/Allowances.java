package dev.dunlin.auth;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How often something may happen, for each of many keys on its own: so many at once, and one more
 * whenever its time has passed (a token bucket, kept as one number per key). For any thread,
 * without waiting.
 *
 * <p>At most so many keys are told apart; those whose bucket is full again are forgotten first, and
 * while there is no room the keys beyond share one bucket. So whoever has many keys gains nothing
 * and costs a bounded amount of memory.
 */
public final class Allowances {

  /** Stands for all keys that there is no room for. */
  private static final Object OTHERS = new Object();

  /** Looking through all keys is paid once in this time, however many strangers knock. */
  private static final long SWEEP_NANOS = Duration.ofSeconds(1).toNanos();

  private final int burst;
  private final long each;
  private final int mostKeys;
  private final LongSupplier nanoTime;

  /** When keys may be looked through next for some to forget. */
  private final AtomicLong nextSweep;

  /**
   * By key, when what was taken would have come at the mean rate; as nanoseconds of the clock. A
   * key that is not there has taken nothing lately.
   */
  private final ConcurrentHashMap<Object, Long> taken = new ConcurrentHashMap<>();

  private Allowances(int burst, Duration window, int mostKeys, LongSupplier nanoTime) {
    if (burst < 0 || mostKeys < 1 || window.isNegative() || window.isZero()) {
      throw new IllegalArgumentException("an allowance of " + burst + " in " + window);
    }
    this.burst = burst;
    this.each = burst == 0 ? 0 : Math.max(1, window.toNanos() / burst);
    this.mostKeys = mostKeys;
    this.nanoTime = nanoTime;
    this.nextSweep = new AtomicLong(nanoTime.getAsLong());
  }

  /**
   * So many in a window, and as many at once after a quiet one. 0 sets no limit.
   *
   * @param mostKeys how many keys are told apart
   * @param nanoTime a clock of which only differences mean anything, such as {@link
   *     System#nanoTime()}
   */
  public static Allowances of(int burst, Duration window, int mostKeys, LongSupplier nanoTime) {
    return new Allowances(burst, window, mostKeys, nanoTime);
  }

  /**
   * The key under which an address is counted: itself for IPv4, its /64 for IPv6, because a single
   * customer has a whole one.
   */
  public static Object key(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    return "6:" + Arrays.toString(Arrays.copyOf(address.getAddress(), 8));
  }

  /** Takes one; false if there is none left for this key. */
  public boolean take(Object key) {
    return take(key, 1);
  }

  /** Takes so many, such as bytes, or none; false if there are fewer left for this key. */
  public boolean take(Object key, int amount) {
    if (burst == 0) {
      return true;
    }
    long now = nanoTime.getAsLong();
    var counted = counted(key, now);
    var granted = new boolean[1];
    taken.compute(
        counted,
        (same, until) -> {
          long from = until == null || until - now < 0 ? now : until;
          granted[0] = from - now <= each * (burst - (long) amount);
          return granted[0] ? Long.valueOf(from + each * amount) : until;
        });
    return granted[0];
  }

  /** Whether there is none left for this key; takes nothing. */
  public boolean exhausted(Object key) {
    if (burst == 0) {
      return false;
    }
    long now = nanoTime.getAsLong();
    var until = taken.get(taken.containsKey(key) || taken.size() < mostKeys ? key : OTHERS);
    return until != null && until - now > each * (burst - 1);
  }

  /** How many keys are remembered. */
  public int size() {
    return taken.size();
  }

  private Object counted(Object key, long now) {
    if (taken.size() < mostKeys || taken.containsKey(key)) {
      return key;
    }
    long due = nextSweep.get();
    if (now - due >= 0 && nextSweep.compareAndSet(due, now + SWEEP_NANOS)) {
      taken.values().removeIf(until -> until - now <= 0);
    }
    return taken.size() < mostKeys ? key : OTHERS;
  }

  @Override
  public String toString() {
    return "Allowances[" + burst + "]";
  }
}
