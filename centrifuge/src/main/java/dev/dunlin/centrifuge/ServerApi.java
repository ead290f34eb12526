package dev.dunlin.centrifuge;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Capabilities;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocation;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.PresenceStats;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the application may do to channels and clients, by the rules of the namespaces but without
 * anybody's permission: the calls of the server API. For any thread; no call waits. Stages fail
 * with a {@link Rejection} that carries the protocol's error code.
 *
 * <p>What is done to a user's connections is done on every node that has {@linkplain
 * CentrifugeEndpoint#join joined}. The stage completes when all of them have done it; if one does
 * not answer it fails with a temporary error, and asking again does no harm.
 */
public final class ServerApi {

  private static final CompletionStage<Map<String, Integer>> NOTHING =
      CompletableFuture.completedStage(Map.of());
  private static final Function<Map<String, Integer>, @Nullable Void> DONE = nothing -> null;

  private final Node node;

  ServerApi(Node node) {
    this.node = node;
  }

  /**
   * Which of a user's connections are meant: all of them, less what {@code client} and {@code
   * session} exclude.
   *
   * @param client the id of the one that is meant
   * @param session the secret id of a connection over an emulated or unidirectional transport;
   *     clients of a WebSocket have none, so that it names no connection of theirs
   */
  public record Target(String user, Optional<String> client, Optional<String> session) {

    /** All connections of a user. */
    public static Target user(String user) {
      return new Target(user, Optional.empty(), Optional.empty());
    }

    /** Without the session, which is a secret. */
    @Override
    public String toString() {
      return "Target[user=" + user + ", client=" + client.orElse("") + "]";
    }
  }

  /**
   * Publishes to a channel as its namespace says.
   *
   * @param options adds what the application wants to the namespace's options: tags, idempotency
   *     key, version, history passed by
   */
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, UnaryOperator<PublishOptions> options) {
    try {
      var rules = checked(channel);
      PublishCommand.checkFormat(rules, data);
      return node.hub().publish(channel, data, options.apply(Node.storage(rules)));
    } catch (Rejection refused) {
      return CompletableFuture.failedStage(refused);
    }
  }

  /** Publishes the same to several channels; each has its own outcome, in their order. */
  public List<CompletionStage<PublishResult>> broadcast(
      List<String> channels, byte[] data, UnaryOperator<PublishOptions> options) {
    var outcomes = new ArrayList<CompletionStage<PublishResult>>();
    for (var channel : channels) {
      outcomes.add(publish(channel, data.clone(), options));
    }
    return outcomes;
  }

  /** Subscribes a user's connections to a channel, as server-side subscriptions. */
  public CompletionStage<Void> subscribe(Target target, String channel, SubscribeOptions options) {
    return guarded(() -> {
      checked(channel);
      return everywhere(new NodeCall.Subscribe(target, channel, options)).thenApply(DONE);
    });
  }

  /** Ends a user's subscriptions to a channel, or to all channels if it is empty. */
  public CompletionStage<Void> unsubscribe(Target target, String channel) {
    return everywhere(new NodeCall.Unsubscribe(target, channel)).thenApply(DONE);
  }

  /** Disconnects a user's connections, except those with an id in {@code keep}. */
  public CompletionStage<Void> disconnect(Target target, Set<String> keep, Disconnect disconnect) {
    return everywhere(new NodeCall.Disconnect(target, keep, disconnect)).thenApply(DONE);
  }

  /** Moves the end of a user's connections; empty means that they have none. */
  public CompletionStage<Void> refresh(Target target, Optional<Instant> expiresAt) {
    return refresh(target, expiresAt, Optional.empty());
  }

  /**
   * Moves the end of a user's connections; empty means that they have none.
   *
   * @param info what other clients see of them from now on; empty leaves it
   */
  public CompletionStage<Void> refresh(
      Target target, Optional<Instant> expiresAt, Optional<byte[]> info) {
    return everywhere(new NodeCall.Refresh(target, expiresAt, info)).thenApply(DONE);
  }

  /**
   * Withdraws what was granted: connections that it concerns end with 3500 and none of them comes
   * back. Nodes that join later are told.
   */
  public CompletionStage<Void> revoke(Revocation revocation) {
    return everywhere(new NodeCall.Revoke(revocation)).thenApply(DONE);
  }

  /**
   * Whose connection token this is, as connecting would find it; fails with an {@link
   * AuthenticationException}.
   */
  public CompletionStage<Identity> identify(String token) {
    var tokens = node.tokens();
    return tokens == null
        ? CompletableFuture.failedStage(
            new AuthenticationException(
                AuthenticationException.Reason.INVALID, "nothing here verifies tokens"))
        : tokens.authenticate(Credentials.token(token));
  }

  /**
   * Which rule decides whether somebody may do something with a channel: the one that a connected
   * client's command would meet, so that nobody has to try. Changes nothing and asks nobody.
   *
   * @param capabilities those of the user's token
   * @param subscribed whether the user is subscribed to the channel
   */
  public Ruling explain(
      String user,
      Capabilities capabilities,
      Capabilities.Operation operation,
      String channel,
      boolean subscribed) {
    return Permissions.explain(node, user, capabilities, operation, channel, subscribed);
  }

  /** Who is in a channel, by connection id. */
  public CompletionStage<Map<String, ClientInfo>> presence(String channel) {
    return guarded(() -> {
      available(checked(channel).presence());
      return node.hub().presence().presence(channel);
    });
  }

  /** How many are in a channel. */
  public CompletionStage<PresenceStats> presenceStats(String channel) {
    return guarded(() -> {
      available(checked(channel).presence());
      return node.hub().presence().stats(channel);
    });
  }

  /** A part of a channel's history. */
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    return guarded(() -> {
      available(checked(channel).history());
      return node.hub()
          .history(channel, query)
          .thenApply(history -> {
            if (history.unrecoverable(query.since())) {
              throw Rejection.error(ErrorCode.UNRECOVERABLE_POSITION);
            }
            return history;
          });
    });
  }

  /** Forgets a channel's publications; its offsets go on. */
  public CompletionStage<Void> removeHistory(String channel) {
    return guarded(() -> {
      available(checked(channel).history());
      return node.hub().removeHistory(channel);
    });
  }

  /**
   * The channels with subscribers on this node, and how many each.
   *
   * @param pattern a glob: {@code *} stands for any characters, {@code ?} for one; empty for all
   */
  public Map<String, Integer> channels(String pattern) {
    var found = new LinkedHashMap<String, Integer>();
    node.hub()
        .channels()
        .forEach((channel, subscribers) -> {
          if (pattern.isEmpty() || matches(pattern, channel)) {
            found.put(channel, subscribers);
          }
        });
    return found;
  }

  /**
   * The channels with subscribers on any node, and how many each.
   *
   * @param pattern as for {@link #channels}
   */
  public CompletionStage<Map<String, Integer>> allChannels(String pattern) {
    return everywhere(new NodeCall.Channels(pattern));
  }

  /** Whether the name fits the glob, in at most so many steps as both are long, multiplied. */
  private static boolean matches(String glob, String name) {
    int g = 0;
    int star = -1;
    int resume = 0;
    for (int n = 0; n < name.length(); ) {
      char wanted = g < glob.length() ? glob.charAt(g) : 0;
      if (wanted == '*') {
        star = g++;
        resume = n;
      } else if (g < glob.length() && (wanted == '?' || wanted == name.charAt(n))) {
        g++;
        n++;
      } else if (star >= 0) { // the star takes one more
        g = star + 1;
        n = ++resume;
      } else {
        return false;
      }
    }
    while (g < glob.length() && glob.charAt(g) == '*') {
      g++;
    }
    return g == glob.length();
  }

  /** The rules of a channel whose name may be used. */
  private NamespaceOptions checked(String channel) {
    if (channel.isEmpty() || !ChannelName.of(channel).withinLimit()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    return node.rules(channel);
  }

  private static void available(boolean feature) {
    if (!feature) {
      throw Rejection.error(ErrorCode.NOT_AVAILABLE);
    }
  }

  private Collection<Client> clients(Target target) {
    if (target.session().isPresent()) {
      return List.of();
    }
    var clients = node.clients().user(target.user());
    return target.client().isEmpty()
        ? clients
        : clients.stream().filter(client -> client.id().equals(target.client().get())).toList();
  }

  private interface Call<T> {
    CompletionStage<T> call();
  }

  private static <T> CompletionStage<T> guarded(Call<T> call) {
    try {
      return call.call();
    } catch (Rejection refused) {
      return CompletableFuture.failedStage(refused);
    }
  }

  // ---- on this node and on the others

  /** Does it here and asks all other nodes to. Fails if one of them could not or says nothing. */
  private CompletionStage<Map<String, Integer>> everywhere(NodeCall call) {
    return here(call)
        .thenCombine(
            node.nodes().ask(call),
            (here, there) -> {
              var sum = new HashMap<>(there);
              here.forEach((channel, subscribers) -> sum.merge(channel, subscribers, Integer::sum));
              return sum;
            });
  }

  /** Does it to the clients of this node. */
  CompletionStage<Map<String, Integer>> here(NodeCall call) {
    return switch (call) {
      case NodeCall.Disconnect it -> {
        for (var client : clients(it.target())) {
          if (!it.keep().contains(client.id())) {
            client.disconnect(it.disconnect());
          }
        }
        yield NOTHING;
      }
      case NodeCall.Unsubscribe it ->
          all(it.target(), client -> unsubscribe(client, it.channel())).thenApply(done -> Map.of());
      case NodeCall.Subscribe it ->
          all(it.target(), client -> client.subscribe(it.channel(), it.options()))
              .thenApply(done -> Map.of());
      case NodeCall.Refresh it -> {
        clients(it.target()).forEach(client -> client.refresh(it.expiresAt(), it.info()));
        yield NOTHING;
      }
      case NodeCall.Revoke it -> {
        node.revocations().add(it.revocation());
        yield NOTHING;
      }
      case NodeCall.Channels it -> CompletableFuture.completedStage(channels(it.pattern()));
    };
  }

  private static CompletionStage<?> unsubscribe(Client client, String channel) {
    var channels = channel.isEmpty() ? client.channels() : Set.of(channel);
    return CompletableFuture.allOf(
        channels.stream()
            .map(each -> client.unsubscribe(each, UnsubscribeCode.SERVER))
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture<?>[]::new));
  }

  private CompletionStage<Void> all(Target target, Function<Client, CompletionStage<?>> action) {
    return CompletableFuture.allOf(
        clients(target).stream()
            .map(action)
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture<?>[]::new));
  }
}
