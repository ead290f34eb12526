package dev.dunlin.centrifuge;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Revocations;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.PublishOptions;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all clients of one endpoint share: the hub, the rules, the registry. Immutable but for the
 * registries, which are safe for all threads.
 */
record Node(
    Hub hub,
    Supplier<Namespaces> currentNamespaces,
    ProtocolOptions options,
    Hooks hooks,
    @Nullable Authenticator tokens,
    @Nullable Authenticator subscriptionTokens,
    Revocations revocations,
    boolean anonymous,
    Set<String> headers,
    Optional<String> personalNamespace,
    String name,
    String version,
    InstantSource clock,
    Clients clients,
    ChannelNumbers numbers,
    Occupancy occupancy,
    Nodes nodes,
    Guard guard,
    Counters counters,
    Optional<byte[]> signingSecret) {

  /** The same node for connections with other numbers. */
  Node with(ProtocolOptions other) {
    return new Node(
        hub,
        currentNamespaces,
        other,
        hooks,
        tokens,
        subscriptionTokens,
        revocations,
        anonymous,
        headers,
        personalNamespace,
        name,
        version,
        clock,
        clients,
        numbers,
        occupancy,
        nodes,
        guard,
        counters,
        signingSecret);
  }

  /** The rules of channels as they are now. */
  Namespaces namespaces() {
    return currentNamespaces.get();
  }

  /** The rules of a channel, or the error that its name deserves. */
  NamespaceOptions rules(String channel) {
    return namespaces()
        .options(ChannelName.of(channel))
        .orElseThrow(() -> Rejection.error(ErrorCode.UNKNOWN_CHANNEL));
  }

  /** How a publication into a channel is stored. */
  static PublishOptions storage(NamespaceOptions rules) {
    var options = PublishOptions.of(history(rules));
    return rules.deltaPublish() ? options.delta(true) : options;
  }

  /** What history a channel of these rules keeps. */
  static dev.dunlin.channels.ChannelOptions history(NamespaceOptions rules) {
    return new dev.dunlin.channels.ChannelOptions(
        rules.historySize(), rules.historyTtl(), rules.historyMetaTtl());
  }

  /**
   * When the position in a channel is compared with the stream next: at times that depend on the
   * channel alone, so that all its subscribers ask at once and share one read.
   */
  long positionCheckAfter(String channel, long now) {
    long interval = options.positionCheck().toNanos();
    long phase = Math.floorMod(channel.hashCode() * 0x9e3779b97f4a7c15L, interval);
    return now - Math.floorMod(now - phase, interval) + interval;
  }

  /** Runs a hook on a virtual thread of its own. The stage fails with what the hook threw. */
  static <E, A> CompletionStage<A> ask(Hooks.Hook<E, A> hook, E event) {
    var answer = new CompletableFuture<A>();
    Thread.ofVirtual()
        .name("dunlin-hook")
        .start(() -> {
          try {
            answer.complete(hook.handle(event));
          } catch (Throwable refusal) {
            answer.completeExceptionally(refusal);
          }
        });
    return answer;
  }
}
