package dev.dunlin.auth;

import dev.dunlin.auth.AuthenticationException.Reason;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys one issuer publishes at one HTTPS address.
 *
 * <p>One object belongs to one issuer and one address and looks keys up by algorithm and key id, so
 * a key of one issuer never answers for another. At most one request is under way, and at most one
 * starts in 10 s, whatever tokens say; a key that was not there is not looked for again for 30 s.
 * Keys older than 10 min are fetched anew in the background while the old ones still serve, for up
 * to 24 h if the address does not answer.
 */
final class Jwks implements KeySource {

  static final Duration RETRY = Duration.ofSeconds(10);
  static final Duration UNKNOWN = Duration.ofSeconds(30);
  static final Duration REFRESH = Duration.ofMinutes(10);
  static final Duration KEEP = Duration.ofHours(24);
  private static final int MAX_UNKNOWN = 1000;

  private static final Logger LOG = LoggerFactory.getLogger(Jwks.class);

  private record Wanted(JwsAlgorithm algorithm, @Nullable String kid) {}

  private record Fetched(Snapshot snapshot, Instant at) {}

  private final URI endpoint;
  private final Set<JwsAlgorithm> algorithms;
  private final JwksFetch fetch;

  private volatile @Nullable Fetched current;

  /** Guards the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable CompletableFuture<Snapshot> underWay;
  private @Nullable Instant lastStart;
  private boolean lastFailed;
  private final Map<Wanted, Instant> unknown =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Wanted, Instant> eldest) {
          return size() > MAX_UNKNOWN;
        }
      };

  Jwks(URI endpoint, Set<JwsAlgorithm> algorithms, JwksFetch fetch) {
    if (!"https".equals(endpoint.getScheme())
        || endpoint.getHost() == null
        || endpoint.getUserInfo() != null
        || endpoint.getFragment() != null) {
      throw new IllegalArgumentException(
          "the address of a key set must be https://host/path, not " + endpoint.getScheme() + ":");
    }
    if (algorithms.isEmpty()) {
      throw new IllegalArgumentException(
          "name the algorithms accepted from " + endpoint + "; there is no default");
    }
    for (var algorithm : algorithms) {
      if (algorithm.family() == JwsAlgorithm.Family.HMAC) {
        throw new IllegalArgumentException(
            algorithm.id() + " needs a shared secret, which a public key set cannot hold");
      }
    }
    this.endpoint = endpoint;
    this.algorithms = Set.copyOf(algorithms);
    this.fetch = fetch;
  }

  @Override
  public boolean allows(JwsAlgorithm algorithm) {
    return algorithms.contains(algorithm);
  }

  @Override
  public Snapshot inHand(Instant now) {
    var fetched = current;
    if (fetched == null) {
      return Snapshot.EMPTY;
    }
    var age = Duration.between(fetched.at(), now);
    if (age.isNegative() || age.compareTo(REFRESH) > 0) {
      refresh(now);
    }
    return age.compareTo(KEEP) > 0 ? Snapshot.EMPTY : fetched.snapshot();
  }

  @Override
  public CompletionStage<Snapshot> lookFor(
      JwsAlgorithm algorithm, @Nullable String kid, Instant now) {
    var wanted = new Wanted(algorithm, kid);
    boolean tooSoon;
    lock.lock();
    try {
      var until = unknown.get(wanted);
      if (until != null && within(now, until.minus(UNKNOWN), UNKNOWN)) {
        return CompletableFuture.completedStage(inHandOrEmpty());
      }
      tooSoon = underWay == null && askedAMomentAgo(now);
    } finally {
      lock.unlock();
    }
    var answer = refresh(now);
    // nobody was asked: whether the issuer knows it now is open
    return tooSoon ? answer : answer.thenApply(found -> remember(wanted, found, now));
  }

  /** Not so long after something; before it only if the clock was set back, which delays nobody. */
  private static boolean within(Instant now, Instant begin, Duration time) {
    return !now.isBefore(begin) && now.isBefore(begin.plus(time));
  }

  private Snapshot remember(Wanted wanted, Snapshot found, Instant now) {
    if (found.fitting(wanted.algorithm(), wanted.kid()).isEmpty()) {
      lock.lock();
      try {
        unknown.put(wanted, now.plus(UNKNOWN));
      } finally {
        lock.unlock();
      }
    }
    return found;
  }

  private boolean askedAMomentAgo(Instant now) {
    var last = lastStart;
    return last != null && within(now, last, RETRY);
  }

  private Snapshot inHandOrEmpty() {
    var fetched = current;
    return fetched == null ? Snapshot.EMPTY : fetched.snapshot();
  }

  /** The request under way, a new one, or what the last one brought if that was a moment ago. */
  private CompletionStage<Snapshot> refresh(Instant now) {
    CompletableFuture<Snapshot> mine;
    lock.lock();
    try {
      if (underWay != null) {
        return underWay;
      }
      if (askedAMomentAgo(now)) {
        return lastFailed
            ? CompletableFuture.failedStage(outOfReach())
            : CompletableFuture.completedStage(inHandOrEmpty());
      }
      lastStart = now;
      mine = new CompletableFuture<>();
      underWay = mine;
    } finally {
      lock.unlock();
    }
    get().whenComplete((body, failure) -> arrived(body, failure, now, mine));
    return mine;
  }

  private CompletionStage<byte[]> get() {
    try {
      return fetch.get(endpoint);
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private void arrived(
      byte @Nullable [] body,
      @Nullable Throwable failure,
      Instant now,
      CompletableFuture<Snapshot> waiting) {
    Snapshot fresh = null;
    var problem = failure;
    if (body != null) {
      try {
        fresh = new Snapshot(JwkSetReader.read(body, algorithms));
      } catch (Json.Malformed | RuntimeException e) {
        problem = e;
      }
    }
    lock.lock();
    try {
      underWay = null;
      lastFailed = fresh == null;
      if (fresh != null) {
        current = new Fetched(fresh, now);
        unknown.clear();
      }
    } finally {
      lock.unlock();
    }
    if (fresh != null) {
      waiting.complete(fresh);
    } else {
      LOG.warn("keys of {} not available: {}", endpoint, String.valueOf(problem));
      waiting.completeExceptionally(outOfReach());
    }
  }

  private static AuthenticationException outOfReach() {
    return new AuthenticationException(
        Reason.TEMPORARILY_UNAVAILABLE, "the issuer's keys are out of reach");
  }
}
