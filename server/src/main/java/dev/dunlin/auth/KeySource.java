package dev.dunlin.auth;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where the keys of one issuer come from. */
sealed interface KeySource permits KeySet.Held, Jwks {

  /** One consistent, immutable set of keys; a verification uses a single snapshot throughout. */
  record Snapshot(List<VerificationKey> keys) {
    static final Snapshot EMPTY = new Snapshot(List.of());

    public Snapshot {
      keys = List.copyOf(keys);
    }

    List<VerificationKey> fitting(JwsAlgorithm algorithm, @Nullable String kid) {
      return keys.stream().filter(key -> key.fits(algorithm, kid)).toList();
    }
  }

  /** The keys in hand; never waits. */
  Snapshot inHand(Instant now);

  /** Keys that are newer, where this one has no key that fits and there may be newer ones. */
  CompletionStage<Snapshot> lookFor(JwsAlgorithm algorithm, @Nullable String kid, Instant now);

  /** Whether any key of this algorithm can ever come from here. */
  boolean allows(JwsAlgorithm algorithm);
}
