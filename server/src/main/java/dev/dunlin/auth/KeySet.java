package dev.dunlin.auth;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one issuer, replaceable while the server runs.
 *
 * <p>{@link #replace} swaps the whole set at once: a verification sees the old set or the new one,
 * never a mixture. Safe for many threads.
 */
public final class KeySet {

  private final Held held;

  private KeySet(KeySource.Snapshot first) {
    held = new Held(first);
  }

  /** These keys, for example the current and the previous one. */
  public static KeySet of(VerificationKey... keys) {
    return new KeySet(snapshot(keys));
  }

  /** Replaces all keys; tokens verified with a key that is gone are refused from now on. */
  public void replace(VerificationKey... keys) {
    held.current = snapshot(keys);
  }

  KeySource source() {
    return held;
  }

  private static KeySource.Snapshot snapshot(VerificationKey... keys) {
    if (keys.length == 0) {
      throw new IllegalArgumentException("a key set needs at least one key");
    }
    return new KeySource.Snapshot(List.of(keys));
  }

  /** The set as a source: what is in hand is all there is. */
  static final class Held implements KeySource {
    private volatile Snapshot current;

    private Held(Snapshot first) {
      current = first;
    }

    @Override
    public Snapshot inHand(Instant now) {
      return current;
    }

    @Override
    public CompletionStage<Snapshot> lookFor(
        JwsAlgorithm algorithm, @Nullable String kid, Instant now) {
      return CompletableFuture.completedStage(current);
    }

    @Override
    public boolean allows(JwsAlgorithm algorithm) {
      return current.keys().stream().anyMatch(key -> key.algorithm() == algorithm);
    }
  }
}
