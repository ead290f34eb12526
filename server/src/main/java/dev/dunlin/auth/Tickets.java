package dev.dunlin.auth;

import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Credentials.Way;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One-time tickets: an identity that was established elsewhere, for example by an HTTP request with
 * the site's own login, to be picked up once by a WebSocket that cannot send a header.
 *
 * <p>A ticket is 128 random bits in 22 characters, lives for 30 s and works once: of any number of
 * simultaneous uses exactly one succeeds. At most 100,000 wait at a time. Tickets are kept in this
 * process, by their SHA-256 digest; they do not survive a restart. The server program asks its
 * other nodes for those that it does not have. Safe for many threads.
 */
public final class Tickets implements Authenticator {

  private static final Duration LIFETIME = Duration.ofSeconds(30);
  private static final int CAPACITY = 100_000;
  private static final int TICKET_BYTES = 16;
  private static final int TICKET_LENGTH = 22;

  private record Waiting(Identity identity, Instant ends) {}

  private final InstantSource clock;
  private final Duration lifetime;
  private final int capacity;
  private final SecureRandom random = new SecureRandom();

  /** Guards {@link #waiting}, which is in order of ending because all live equally long. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<ByteBuffer, Waiting> waiting = new LinkedHashMap<>();

  private Tickets(InstantSource clock, Duration lifetime, int capacity) {
    this.clock = clock;
    this.lifetime = lifetime;
    this.capacity = capacity;
  }

  /** 30 s, at most 100,000 waiting. */
  public static Tickets create() {
    return new Tickets(InstantSource.system(), LIFETIME, CAPACITY);
  }

  /** With this clock, lifetime and number of tickets that may wait at a time. */
  public static Tickets create(InstantSource clock, Duration lifetime, int capacity) {
    if (lifetime.isNegative() || lifetime.isZero() || capacity < 1) {
      throw new IllegalArgumentException("tickets need a lifetime and a capacity above zero");
    }
    return new Tickets(clock, lifetime, capacity);
  }

  /** A new ticket for this identity; empty while as many as allowed are waiting. */
  public Optional<String> issue(Identity identity) {
    var secret = new byte[TICKET_BYTES];
    random.nextBytes(secret);
    var ticket = Base64Url.encode(secret);
    var now = clock.instant();
    lock.lock();
    try {
      dropEnded(now);
      if (waiting.size() >= capacity) {
        return Optional.empty();
      }
      waiting.put(TokenCache.digest(ticket), new Waiting(identity, now.plus(lifetime)));
      return Optional.of(ticket);
    } finally {
      lock.unlock();
    }
  }

  /** Whether this could be a ticket. */
  public static boolean wellFormed(String ticket) {
    return ticket.length() == TICKET_LENGTH;
  }

  /** The identity of this ticket, which is used up by asking; empty if unknown, used or over. */
  public Optional<Identity> redeem(String ticket) {
    if (!wellFormed(ticket)) {
      return Optional.empty();
    }
    var now = clock.instant();
    lock.lock();
    try {
      var found = waiting.remove(TokenCache.digest(ticket));
      return found != null && now.isBefore(found.ends())
          ? Optional.of(found.identity())
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    var ticket = credentials.token(Way.TICKET);
    if (ticket.isEmpty()) {
      return CompletableFuture.failedStage(
          new AuthenticationException(Reason.MISSING, "no ticket"));
    }
    return redeem(ticket.get())
        .map(CompletableFuture::completedStage)
        .orElseGet(() ->
            CompletableFuture.failedStage(
                AuthenticationException.invalid("ticket unknown, used or over")));
  }

  /** How many tickets wait to be used. */
  public int size() {
    lock.lock();
    try {
      dropEnded(clock.instant());
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  private void dropEnded(Instant now) {
    var entries = waiting.values().iterator();
    while (entries.hasNext() && !now.isBefore(entries.next().ends())) {
      entries.remove();
    }
  }

  @Override
  public String toString() {
    return "Tickets";
  }
}
