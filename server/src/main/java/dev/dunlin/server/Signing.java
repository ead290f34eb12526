package dev.dunlin.server;

import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.auth.SignedMessages.Signer;
import dev.dunlin.auth.SignedMessages.Verifier;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which keys the messages of a {@linkplain Endpoint#signed signed} endpoint are verified with, and
 * what happens to one that is not right. One object serves all connections of a route and counts
 * for them; safe for use by all threads.
 */
public final class Signing {

  private final String name;
  private final @Nullable Function<Session, byte[]> secrets;
  private boolean keepsOpen;
  private final LongAdder verified = new LongAdder();
  private final Map<Fault, LongAdder> refused = new EnumMap<>(Fault.class);

  private Signing(String name, @Nullable Function<Session, byte[]> secrets) {
    this.name = name;
    this.secrets = secrets;
    for (var fault : Fault.values()) {
      refused.put(fault, new LongAdder());
    }
  }

  /**
   * HMAC, both ways, with keys that both ends derive for each connection from a secret they share:
   * {@link SignedMessages#connectionKey}.
   *
   * @param name the channel that signatures name: what keeps messages of one endpoint from being
   *     put to another
   * @param secrets the secret shared with a session's peer, at least 32 bytes; asked once, where
   *     handlers run
   */
  public static Signing secrets(String name, Function<Session, byte[]> secrets) {
    return new Signing(name, secrets);
  }

  /**
   * Ed25519, from the peer to us, with the key that the peer's token names as its own ({@code
   * cnf.jwk}, RFC 7800). A peer whose token names none is closed with 1008. What we send is not
   * signed.
   *
   * @param name as for {@link #secrets}
   */
  public static Signing tokenKeys(String name) {
    return new Signing(name, null);
  }

  /**
   * Lets a session go on after a message that is not right: it is dropped, and the next right one
   * is taken. Without this the session closes with 1008 and the fault as reason.
   */
  public Signing keepOpen() {
    keepsOpen = true;
    return this;
  }

  /** How many messages were right. */
  public long verified() {
    return verified.sum();
  }

  /** How many messages were not handed on, by fault. */
  public Map<Fault, Long> refused() {
    var counts = new EnumMap<Fault, Long>(Fault.class);
    refused.forEach((fault, count) -> counts.put(fault, count.sum()));
    return counts;
  }

  // ---- for SignedSession

  /** The two directions of a connection. */
  record Ends(String algorithm, Optional<Verifier> in, Optional<Signer> out) {}

  Ends ends(Session session, String connection) {
    var up = new Place(name, connection);
    if (secrets == null) {
      var verifier =
          SignedMessages.holderKey(session.identity()).map(key -> SignedMessages.verifier(key, up));
      return new Ends("EdDSA", verifier, Optional.empty());
    }
    var key = SignedMessages.connectionKey(secrets.apply(session), connection);
    // another channel, so that nothing can be sent back to where it came from
    var down = new Place(name + "#server", connection);
    return new Ends(
        "HS256",
        Optional.of(SignedMessages.verifier(key, up)),
        Optional.of(SignedMessages.signer(key, down)));
  }

  boolean keepsOpen() {
    return keepsOpen;
  }

  void counted() {
    verified.increment();
  }

  void counted(Fault fault) {
    Objects.requireNonNull(refused.get(fault)).increment();
  }
}
