package dev.dunlin.app;

import dev.dunlin.auth.Allowances;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The keys of the API, replaceable while the server runs, and a limit on guessing them: an address
 * that presented too many wrong ones within a minute is not listened to until the minute has
 * passed, right key or not. For any thread.
 */
final class ApiKeys {

  /** What a presented key is worth. */
  enum Verdict {
    RIGHT,
    WRONG,
    TOO_MANY_FAILURES
  }

  private static final long WINDOW = Duration.ofMinutes(1).toNanos();
  private static final int REMEMBERED = 10_000;

  private record Failures(int count, long since) {}

  private final LongSupplier nanos;
  private volatile int maxFailures;
  private volatile List<byte[]> digests;

  /** Guards {@link #failures} by address, the oldest of which goes when there are too many. */
  private final ReentrantLock lock = new ReentrantLock();

  private final LinkedHashMap<Object, Failures> failures =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Failures> eldest) {
          return size() > REMEMBERED;
        }
      };

  ApiKeys(List<Secret> keys, int maxFailures, LongSupplier nanos) {
    this.maxFailures = maxFailures;
    this.nanos = nanos;
    this.digests = digests(keys);
  }

  /** From now on only these are right, and so many wrong ones in a minute are heard. */
  void replace(List<Secret> keys, int maxFailures) {
    digests = digests(keys);
    this.maxFailures = maxFailures;
  }

  /** Whether there is any key: without one nobody gets in. */
  boolean present() {
    return !digests.isEmpty();
  }

  /** Judges a key; every key takes the same time. */
  Verdict judge(String key, InetAddress from) {
    var address = Allowances.key(from);
    if (blocked(address)) {
      return Verdict.TOO_MANY_FAILURES;
    }
    var presented = digest(key);
    boolean right = false;
    for (var digest : digests) {
      right |= MessageDigest.isEqual(digest, presented);
    }
    if (!right && !key.isEmpty()) {
      failed(address);
    }
    return right ? Verdict.RIGHT : Verdict.WRONG;
  }

  private boolean blocked(Object address) {
    lock.lock();
    try {
      var known = failures.get(address);
      if (known == null) {
        return false;
      }
      if (nanos.getAsLong() - known.since() >= WINDOW) {
        failures.remove(address);
        return false;
      }
      return known.count() >= maxFailures;
    } finally {
      lock.unlock();
    }
  }

  private void failed(Object address) {
    lock.lock();
    try {
      failures.merge(
          address,
          new Failures(1, nanos.getAsLong()),
          (known, first) -> new Failures(known.count() + 1, known.since()));
    } finally {
      lock.unlock();
    }
  }

  private static List<byte[]> digests(List<Secret> keys) {
    return keys.stream().filter(Secret::present).map(key -> digest(key.value())).toList();
  }

  /** Digests are equally long, so that the comparison tells nothing about a key's length. */
  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
