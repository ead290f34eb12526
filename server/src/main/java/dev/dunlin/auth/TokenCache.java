package dev.dunlin.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tokens found genuine, by the SHA-256 digest of their text, so that the tokens themselves are not
 * kept.
 *
 * <p>An entry spares the signature and the parsing, never a check of time: it counts only while the
 * key that verified it is in the same snapshot, and the caller checks {@code exp} again. Two
 * generations bound it: when the young one is full the old one is dropped.
 */
final class TokenCache {

  /** A verified token, what verified it, and the rules it passed. */
  record Entry(
      VerifiedToken token, TokenRules rules, VerificationKey key, KeySource.Snapshot snapshot) {
    @SuppressWarnings("ReferenceEquality") // the very same snapshot, not one with equal keys
    boolean current(Instant now) {
      return rules.keys.inHand(now) == snapshot && key.accepted(now);
    }
  }

  private record Generations(
      ConcurrentHashMap<ByteBuffer, Entry> young, ConcurrentHashMap<ByteBuffer, Entry> old) {}

  private final int half;
  private volatile Generations generations =
      new Generations(new ConcurrentHashMap<>(), new ConcurrentHashMap<>());

  TokenCache(int size) {
    half = Math.max(1, size / 2);
  }

  static ByteBuffer digest(String token) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return ByteBuffer.wrap(sha256.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Nullable Entry find(ByteBuffer digest) {
    var now = generations;
    var entry = now.young.get(digest);
    if (entry == null) {
      entry = now.old.get(digest);
      if (entry != null) {
        put(digest, entry);
      }
    }
    return entry;
  }

  void put(ByteBuffer digest, Entry entry) {
    var now = generations;
    if (now.young.size() >= half) {
      // two threads may both turn the page; an entry lost that way is only verified again
      now = new Generations(new ConcurrentHashMap<>(), now.young);
      generations = now;
    }
    now.young.put(digest, entry);
  }

  void remove(ByteBuffer digest) {
    var now = generations;
    now.young.remove(digest);
    now.old.remove(digest);
  }

  int size() {
    var now = generations;
    return now.young.size() + now.old.size();
  }
}
