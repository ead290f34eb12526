package dev.dunlin.broker.redis;

import static java.util.Objects.requireNonNull;

import dev.dunlin.channels.BrokerUnavailableException;
import io.lettuce.core.RedisURI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The links to all servers that keep channels: to the one Redis, or to each master of a cluster.
 * They are made together and given up together, so whoever is subscribed hears of every change.
 */
final class Links {

  /** Makes one link. */
  interface Connector extends Function<RedisURI, CompletionStage<Link>> {}

  private final List<Link> all;
  private final @Nullable Slots slots; // none without a cluster
  private final Map<Slots.Place, Link> masters;
  private final CompletableFuture<String> lost = new CompletableFuture<>();

  private Links(List<Link> all, @Nullable Slots slots, Map<Slots.Place, Link> masters) {
    this.all = all;
    this.slots = slots;
    this.masters = masters;
    for (var link : all) {
      link.lost().thenAccept(this::lose);
    }
  }

  /** Connects by way of one server: to it, or to all masters of its cluster. */
  static CompletionStage<Links> open(RedisURI way, Connector connector) {
    return connector
        .apply(way)
        .thenCompose(first -> {
          if (first.cluster()) {
            return first
                .slots()
                .whenComplete((slots, failure) -> first.lose("it was asked the way alone"))
                .thenCompose(slots -> open(way, slots, connector));
          }
          if (first.replica()) {
            first.lose("the server is a replica");
            throw new BrokerUnavailableException("the Redis server is a replica");
          }
          return CompletableFuture.completedStage(new Links(List.of(first), null, Map.of()));
        });
  }

  private static CompletionStage<Links> open(RedisURI way, Slots slots, Connector connector) {
    var opening = new LinkedHashMap<Slots.Place, CompletableFuture<Link>>();
    for (var place : slots.masters()) {
      opening.put(place, connector.apply(at(way, place)).toCompletableFuture());
    }
    return CompletableFuture.allOf(opening.values().toArray(CompletableFuture<?>[]::new))
        .handle((done, failure) -> {
          var masters = new HashMap<Slots.Place, Link>();
          opening.forEach((place, link) -> {
            if (!link.isCompletedExceptionally()) {
              masters.put(place, link.join());
            }
          });
          var links = new Links(List.copyOf(masters.values()), slots, masters);
          if (failure != null) {
            links.lose("not all masters can be reached");
            throw Link.unavailable(failure);
          }
          return links;
        })
        .thenCompose(links ->
            links
                .check()
                .handle((done, failure) -> {
                  if (failure != null) {
                    links.lose("the cluster is changing");
                    throw Link.unavailable(failure);
                  }
                  return links;
                }));
  }

  /** As who we are and how we come, at another place of the same cluster. */
  private static RedisURI at(RedisURI way, Slots.Place place) {
    var uri = RedisURI.builder(way).withPort(place.port());
    return (place.host().isEmpty() ? uri : uri.withHost(place.host())).build();
  }

  /** Other ways to the same cluster, for the day when the first is gone. */
  List<RedisURI> ways(RedisURI way) {
    return masters.keySet().stream().map(place -> at(way, place)).toList();
  }

  /** The link to the server that keeps a key or a Redis channel. */
  Link of(String name) {
    return slots == null ? all.getFirst() : requireNonNull(masters.get(slots.master(name)));
  }

  Collection<Link> all() {
    return all;
  }

  /** A name for each link, which its server keeps: the first of base, base0, base1, … */
  Map<Link, String> names(String base) {
    var names = new LinkedHashMap<Link, String>();
    names.put(of(base), base);
    for (var number = 0; names.size() < all.size(); number++) {
      names.putIfAbsent(of(base + number), base + number);
    }
    return names;
  }

  /** Completes if all servers are who they were and keep the slots they kept. */
  CompletionStage<Void> check() {
    var checks = new ArrayList<CompletableFuture<?>>();
    for (var link : all) {
      checks.add(link.check().toCompletableFuture());
      if (slots != null) {
        checks.add(link.slots().thenAccept(this::same).toCompletableFuture());
      }
    }
    return CompletableFuture.allOf(checks.toArray(CompletableFuture<?>[]::new));
  }

  private void same(Slots seen) {
    if (!seen.equals(slots)) {
      throw new BrokerUnavailableException("the slots of the Redis cluster have moved");
    }
  }

  /** Subscribes to Redis channels, or unsubscribes, each at its server, in batches. */
  void listen(boolean subscribes, List<String> channels, int batch) {
    var parts = new LinkedHashMap<Link, List<String>>();
    for (var channel : channels) {
      parts.computeIfAbsent(of(channel), link -> new ArrayList<>()).add(channel);
    }
    parts.forEach((link, names) -> {
      for (var begin = 0; begin < names.size(); begin += batch) {
        link.listen(subscribes, names.subList(begin, Math.min(begin + batch, names.size())));
      }
    });
  }

  /** Completes with the reason when one link is gone, and with it all. */
  CompletionStage<String> lost() {
    return lost;
  }

  /** Gives all links up. The first reason counts. */
  void lose(String reason) {
    for (var link : all) {
      link.lose(reason);
    }
    CompletableFuture.allOf(
            all.stream()
                .map(link -> link.lost().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .whenComplete((done, failure) -> lost.complete(reason));
  }
}
