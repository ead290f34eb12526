package dev.dunlin.auth;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was withdrawn, asked at every connect and told to every open connection it concerns.
 *
 * <p>A connection {@linkplain #watch watches} for its own revocation from the moment it is let in;
 * checking and watching are one step, so nothing slips between. Entries are forgotten when their
 * time is over. Kept in this process: the channel protocol's server API tells all nodes. Safe for
 * many threads.
 */
public final class Revocations {

  private static final Logger LOG = LoggerFactory.getLogger(Revocations.class);

  /** What revocations are compared with: the facts of what a peer presented. */
  public static final class Holder {
    private final String user;
    private final @Nullable String tokenId;
    private final @Nullable Instant issuedAt;

    private Holder(String user, @Nullable String tokenId, @Nullable Instant issuedAt) {
      this.user = user;
      this.tokenId = tokenId;
      this.issuedAt = issuedAt;
    }

    /** The holder of a verified token. */
    public static Holder of(VerifiedToken token) {
      return new Holder(token.subject(), token.id().orElse(null), token.issuedAt().orElse(null));
    }

    /** The holder of an identity, whatever it was established by. */
    public static Holder of(Identity identity) {
      return new Holder(
          identity.subject(), identity.tokenId().orElse(null), identity.issuedAt().orElse(null));
    }

    /** The user's id; empty for an anonymous user. */
    public String user() {
      return user;
    }

    /** The id of the token ({@code jti}). */
    public Optional<String> tokenId() {
      return Optional.ofNullable(tokenId);
    }

    /** When the token was issued ({@code iat}). */
    public Optional<Instant> issuedAt() {
      return Optional.ofNullable(issuedAt);
    }
  }

  /** Ends a {@link Revocations#watch}. */
  @FunctionalInterface
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  private record Watcher(Holder holder, Runnable onRevoked) {}

  private final InstantSource clock;

  /** Guards the maps and sets below. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Revocation.OfUser> users = new HashMap<>();
  private final Map<String, Revocation.OfToken> tokens = new HashMap<>();
  private final Map<Optional<String>, Revocation.IssuedBefore> issuedBefore = new HashMap<>();
  private final Map<String, Set<Watcher>> watchersByUser = new HashMap<>();
  private final Map<String, Set<Watcher>> watchersByToken = new HashMap<>();

  private Revocations(InstantSource clock) {
    this.clock = clock;
  }

  /** An empty list. */
  public static Revocations create() {
    return new Revocations(InstantSource.system());
  }

  /** An empty list with this clock. */
  public static Revocations create(InstantSource clock) {
    return new Revocations(clock);
  }

  /**
   * Withdraws, and tells the open connections it concerns before returning, on this thread. Of two
   * for the same user or token the one that reaches further counts.
   */
  public void add(Revocation revocation) {
    List<Watcher> concerned;
    lock.lock();
    try {
      forgetEnded(clock.instant());
      store(revocation);
      concerned = watchersOf(revocation);
    } finally {
      lock.unlock();
    }
    concerned.forEach(Revocations::tell);
  }

  /** Lets a user in again; a revocation of tokens by id or time of issue stays. */
  public void restore(String user) {
    lock.lock();
    try {
      users.remove(user);
    } finally {
      lock.unlock();
    }
  }

  /** Whether what this holder presented is withdrawn. */
  public boolean revoked(Holder holder) {
    lock.lock();
    try {
      return covered(holder, clock.instant());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs {@code onRevoked} once when this holder's grant is withdrawn, at once if it already is;
   * close the watch when the connection ends. The task runs on the thread that revokes and must not
   * wait.
   */
  public Watch watch(Holder holder, Runnable onRevoked) {
    var watcher = new Watcher(holder, onRevoked);
    boolean already;
    lock.lock();
    try {
      already = covered(holder, clock.instant());
      if (!already) {
        watchersByUser.computeIfAbsent(holder.user(), key -> new LinkedHashSet<>(2)).add(watcher);
        holder
            .tokenId()
            .ifPresent(id ->
                watchersByToken.computeIfAbsent(id, key -> new LinkedHashSet<>(2)).add(watcher));
      }
    } finally {
      lock.unlock();
    }
    if (already) {
      tell(watcher);
      return () -> {};
    }
    return () -> unwatch(watcher);
  }

  /** What is withdrawn at this moment, in no order. */
  public List<Revocation> all() {
    lock.lock();
    try {
      forgetEnded(clock.instant());
      var all = new ArrayList<Revocation>(users.values());
      all.addAll(tokens.values());
      all.addAll(issuedBefore.values());
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** How many revocations are remembered. */
  public int size() {
    lock.lock();
    try {
      forgetEnded(clock.instant());
      return users.size() + tokens.size() + issuedBefore.size();
    } finally {
      lock.unlock();
    }
  }

  private void store(Revocation revocation) {
    switch (revocation) {
      case Revocation.OfUser ofUser -> users.merge(ofUser.user(), ofUser, Revocations::longer);
      case Revocation.OfToken ofToken ->
          tokens.merge(ofToken.tokenId(), ofToken, Revocations::longer);
      case Revocation.IssuedBefore before ->
          issuedBefore.merge(before.user(), before, Revocations::wider);
    }
  }

  private static <R extends Revocation> R longer(R one, R other) {
    return one.until().isAfter(other.until()) ? one : other;
  }

  private static Revocation.IssuedBefore wider(
      Revocation.IssuedBefore one, Revocation.IssuedBefore other) {
    return new Revocation.IssuedBefore(
        one.user(),
        one.instant().isAfter(other.instant()) ? one.instant() : other.instant(),
        longer(one, other).until());
  }

  private boolean covered(Holder holder, Instant now) {
    return covers(users.get(holder.user()), holder, now)
        || covers(holder.tokenId().map(tokens::get).orElse(null), holder, now)
        || covers(issuedBefore.get(Optional.of(holder.user())), holder, now)
        || covers(issuedBefore.get(Optional.empty()), holder, now);
  }

  private static boolean covers(@Nullable Revocation revocation, Holder holder, Instant now) {
    return revocation != null && now.isBefore(revocation.until()) && revocation.covers(holder);
  }

  /** Takes the watchers a revocation concerns off the lists, so that each is told once. */
  private List<Watcher> watchersOf(Revocation revocation) {
    var candidates =
        switch (revocation) {
          case Revocation.OfUser ofUser -> watchersByUser.getOrDefault(ofUser.user(), Set.of());
          case Revocation.OfToken ofToken ->
              watchersByToken.getOrDefault(ofToken.tokenId(), Set.of());
          case Revocation.IssuedBefore before ->
              before
                  .user()
                  .map(user -> watchersByUser.getOrDefault(user, Set.of()))
                  .orElseGet(this::everyone);
        };
    var concerned =
        candidates.stream().filter(watcher -> revocation.covers(watcher.holder())).toList();
    concerned.forEach(this::remove);
    return concerned;
  }

  private Set<Watcher> everyone() {
    var all = new HashSet<Watcher>();
    watchersByUser.values().forEach(all::addAll);
    return all;
  }

  private void unwatch(Watcher watcher) {
    lock.lock();
    try {
      remove(watcher);
    } finally {
      lock.unlock();
    }
  }

  private void remove(Watcher watcher) {
    remove(watchersByUser, watcher.holder().user(), watcher);
    watcher.holder().tokenId().ifPresent(id -> remove(watchersByToken, id, watcher));
  }

  private static void remove(Map<String, Set<Watcher>> watchers, String key, Watcher watcher) {
    var set = watchers.get(key);
    if (set != null && set.remove(watcher) && set.isEmpty()) {
      watchers.remove(key);
    }
  }

  private void forgetEnded(Instant now) {
    for (var kind :
        new ArrayList<Map<?, ? extends Revocation>>(List.of(users, tokens, issuedBefore))) {
      kind.values().removeIf(revocation -> !now.isBefore(revocation.until()));
    }
  }

  private static void tell(Watcher watcher) {
    try {
      watcher.onRevoked().run();
    } catch (RuntimeException e) {
      LOG.warn("a connection could not be told that it is revoked", e);
    }
  }
}
