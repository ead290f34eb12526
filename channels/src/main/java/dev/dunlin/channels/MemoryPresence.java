package dev.dunlin.channels;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;

/** Presence in the heap: a map per channel, present while somebody is, in stripes of one lock. */
final class MemoryPresence implements PresenceStore {

  private static final int STRIPES = 64;
  private static final int SPREAD = 0x9E3779B9;
  private static final int LOOKS_PER_CALL = 4;

  private record Present(ClientInfo info, long until) {}

  /** Fields are guarded by the lock. A channel is queued for the first of its clients to expire. */
  private static final class Stripe {
    final ReentrantLock lock = new ReentrantLock();
    final Map<String, LinkedHashMap<String, Present>> channels = new HashMap<>();
    final ExpiryQueue expiry = new ExpiryQueue();
  }

  private final Ticker ticker;
  private final Stripe[] stripes = new Stripe[STRIPES];

  MemoryPresence(Ticker ticker) {
    this.ticker = ticker;
    for (var i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  private Stripe stripe(String channel) {
    return stripes[channel.hashCode() * SPREAD >>> 26]; // the upper 6 bits: one of 64
  }

  @Override
  public CompletionStage<Void> add(String channel, ClientInfo info, Duration ttl) {
    var stripe = stripe(channel);
    var now = ticker.nanos();
    var until = ExpiryQueue.after(now, ttl);
    stripe.lock.lock();
    try {
      stripe.expiry.advance(now, LOOKS_PER_CALL, due -> expire(stripe, due, now));
      stripe
          .channels
          .computeIfAbsent(channel, name -> new LinkedHashMap<>(2))
          .put(info.client(), new Present(info, until));
      stripe.expiry.by(channel, until);
    } finally {
      stripe.lock.unlock();
    }
    return MemoryBroker.done();
  }

  @Override
  public CompletionStage<Void> remove(String channel, ClientInfo info) {
    var stripe = stripe(channel);
    stripe.lock.lock();
    try {
      var clients = stripe.channels.get(channel);
      if (clients != null && clients.remove(info.client()) != null && clients.isEmpty()) {
        stripe.channels.remove(channel);
        stripe.expiry.forget(channel);
      }
    } finally {
      stripe.lock.unlock();
    }
    return MemoryBroker.done();
  }

  @Override
  public CompletionStage<Map<String, ClientInfo>> presence(String channel) {
    return CompletableFuture.completedStage(Map.copyOf(present(channel)));
  }

  @Override
  public CompletionStage<PresenceStats> stats(String channel) {
    var present = present(channel);
    var users = new HashSet<String>();
    present.values().forEach(info -> users.add(info.user()));
    return CompletableFuture.completedStage(new PresenceStats(present.size(), users.size()));
  }

  private Map<String, ClientInfo> present(String channel) {
    var stripe = stripe(channel);
    var now = ticker.nanos();
    var present = new HashMap<String, ClientInfo>();
    stripe.lock.lock();
    try {
      expire(stripe, channel, now);
      var clients = stripe.channels.getOrDefault(channel, new LinkedHashMap<>());
      clients.forEach((client, entry) -> present.put(client, entry.info));
    } finally {
      stripe.lock.unlock();
    }
    return present;
  }

  /** Removes who was not refreshed in time; answers when the next one is due. */
  private static long expire(Stripe stripe, String channel, long now) {
    var clients = stripe.channels.get(channel);
    if (clients == null) {
      return ExpiryQueue.NEVER;
    }
    clients.values().removeIf(present -> present.until - now <= 0);
    if (clients.isEmpty()) {
      stripe.channels.remove(channel);
      stripe.expiry.forget(channel);
      return ExpiryQueue.NEVER;
    }
    var next = Long.MAX_VALUE;
    for (var present : clients.values()) {
      next = next == Long.MAX_VALUE || present.until - next < 0 ? present.until : next;
    }
    return next;
  }

  void maintain(long now) {
    for (var stripe : stripes) {
      stripe.lock.lock();
      try {
        stripe.expiry.advance(now, Integer.MAX_VALUE, due -> expire(stripe, due, now));
      } finally {
        stripe.lock.unlock();
      }
    }
  }

  /** The channels in which somebody is present, expired ones not yet let go of included. */
  int channels() {
    var channels = 0;
    for (var stripe : stripes) {
      stripe.lock.lock();
      try {
        channels += stripe.channels.size();
      } finally {
        stripe.lock.unlock();
      }
    }
    return channels;
  }
}
