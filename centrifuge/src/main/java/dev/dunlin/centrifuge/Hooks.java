package dev.dunlin.centrifuge;

import dev.dunlin.channels.PublishOptions;
import dev.dunlin.websocket.Closed;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where an application takes part in the channel protocol.
 *
 * <p>A hook runs on a virtual thread and may wait: only its own connection waits with it. What it
 * returns allows; throwing {@link Rejection} denies with an error or disconnects; anything else
 * thrown is logged, and the client is told error 100, which it tries again. Without a hook the
 * namespaces' options and the tokens decide.
 *
 * <p>Immutable: every method returns a new one.
 */
public final class Hooks {

  private static final Predicate<String> ANY = channel -> true;

  /** No hook at all. */
  public static final Hooks NONE = new Hooks();

  /** A question to the application about one event. */
  @FunctionalInterface
  public interface Hook<E, A> {
    /** The answer; throws {@link Rejection} to deny. */
    A handle(E event) throws Exception;
  }

  /**
   * A client wants to connect.
   *
   * @param client its name and version are known, its user is the token's if it brought one
   * @param data what the application on the other side passed along; empty for none
   * @param headers what the client calls headers: input like any other
   */
  public record Connect(Client client, String token, byte[] data, Map<String, String> headers) {

    @Override
    public String toString() {
      return "Connect[client=" + client.id() + "]";
    }
  }

  /**
   * A connection that is allowed.
   *
   * @param user the user's id; empty for anonymous
   * @param info what other clients see of it; empty for none
   * @param data handed to the client with the connect reply; empty for none
   * @param subscriptions server-side subscriptions by channel
   * @param expiresAt when it ends unless refreshed
   * @param meta kept for other hooks; JSON or empty
   */
  public record Connected(
      String user,
      byte[] info,
      byte[] data,
      Map<String, SubscribeOptions> subscriptions,
      Optional<Instant> expiresAt,
      String meta) {

    /** A connection of this user without anything else. */
    public static Connected user(String user) {
      return new Connected(user, new byte[0], new byte[0], Map.of(), Optional.empty(), "");
    }
  }

  /** A client wants to subscribe to a channel. */
  public record Subscribe(Client client, String channel, String token, byte[] data) {

    @Override
    public String toString() {
      return "Subscribe[client=" + client.id() + ", channel=" + channel + "]";
    }
  }

  /** A client wants to publish to a channel. */
  public record Publish(Client client, String channel, byte[] data) {}

  /**
   * A publication that is allowed.
   *
   * @param data what is published: the client's bytes or others
   * @param options what the application adds to the namespace's options: tags, idempotency key,
   *     version, history passed by; empty adds nothing
   */
  public record Published(byte[] data, Optional<PublishOptions> options) {

    /** These bytes, as the namespace says. */
    public static Published data(byte[] data) {
      return new Published(data, Optional.empty());
    }
  }

  /** A client calls a procedure of the application. */
  public record Rpc(Client client, String method, byte[] data) {}

  /** A client sent a message outside of any channel. */
  public record Message(Client client, byte[] data) {}

  /** A connection or, with a channel, a subscription is about to end. */
  public record Refresh(Client client, Optional<String> channel, String token) {

    @Override
    public String toString() {
      return "Refresh[client=" + client.id() + "]";
    }
  }

  /**
   * A life that goes on.
   *
   * @param expiresAt the new end; empty for none
   * @param info the new information for other clients; absent leaves it
   */
  public record Refreshed(Optional<Instant> expiresAt, Optional<byte[]> info) {}

  private @Nullable Hook<Connect, Connected> connect;
  private @Nullable Hook<Subscribe, SubscribeOptions> subscribe;
  private Predicate<String> subscribeChannels = ANY;
  private @Nullable Hook<Publish, Published> publish;
  private Predicate<String> publishChannels = ANY;
  private @Nullable Hook<Rpc, byte[]> rpc;
  private @Nullable Hook<Message, Boolean> message;
  private @Nullable Hook<Refresh, Refreshed> refresh;
  private @Nullable Hook<Refresh, Refreshed> subRefresh;
  private Predicate<String> subRefreshChannels = ANY;
  private @Nullable BiConsumer<Client, Closed> disconnect;
  private @Nullable Consumer<String> occupied;
  private @Nullable Consumer<String> vacated;

  private Hooks() {}

  private Hooks copy() {
    var copy = new Hooks();
    copy.connect = connect;
    copy.subscribe = subscribe;
    copy.subscribeChannels = subscribeChannels;
    copy.publish = publish;
    copy.publishChannels = publishChannels;
    copy.rpc = rpc;
    copy.message = message;
    copy.refresh = refresh;
    copy.subRefresh = subRefresh;
    copy.subRefreshChannels = subRefreshChannels;
    copy.disconnect = disconnect;
    copy.occupied = occupied;
    copy.vacated = vacated;
    return copy;
  }

  /** Decides who connects, in place of or after a token. */
  public Hooks onConnect(Hook<Connect, Connected> hook) {
    var copy = copy();
    copy.connect = hook;
    return copy;
  }

  /** Decides who subscribes where no token and no user-limited channel has decided. */
  public Hooks onSubscribe(Hook<Subscribe, SubscribeOptions> hook) {
    var copy = copy();
    copy.subscribe = hook;
    copy.subscribeChannels = ANY;
    return copy;
  }

  /**
   * The same as {@link #onSubscribe(Hook)} for these channels only: for others it is as if there
   * were no hook. Asked on event loops; never waits.
   */
  public Hooks onSubscribe(Predicate<String> channels, Hook<Subscribe, SubscribeOptions> hook) {
    var copy = copy();
    copy.subscribe = hook;
    copy.subscribeChannels = channels;
    return copy;
  }

  /**
   * Decides what clients publish, also where the namespace's options or a token would let them.
   * What it answers must be of the namespace's data format.
   */
  public Hooks onPublish(Hook<Publish, Published> hook) {
    var copy = copy();
    copy.publish = hook;
    copy.publishChannels = ANY;
    return copy;
  }

  /**
   * The same as {@link #onPublish(Hook)} for these channels only: for others it is as if there were
   * no hook. Asked on event loops; never waits.
   */
  public Hooks onPublish(Predicate<String> channels, Hook<Publish, Published> hook) {
    var copy = copy();
    copy.publish = hook;
    copy.publishChannels = channels;
    return copy;
  }

  /** Answers remote procedure calls. */
  public Hooks onRpc(Hook<Rpc, byte[]> hook) {
    var copy = copy();
    copy.rpc = hook;
    return copy;
  }

  /** Takes messages that go to no channel. */
  public Hooks onMessage(Consumer<Message> hook) {
    var copy = copy();
    copy.message =
        event -> {
          hook.accept(event);
          return true;
        };
    return copy;
  }

  /** Decides whether a connection lives on; clients are then not asked to refresh. */
  public Hooks onRefresh(Hook<Refresh, Refreshed> hook) {
    var copy = copy();
    copy.refresh = hook;
    return copy;
  }

  /** Decides whether a subscription lives on. */
  public Hooks onSubRefresh(Hook<Refresh, Refreshed> hook) {
    var copy = copy();
    copy.subRefresh = hook;
    copy.subRefreshChannels = ANY;
    return copy;
  }

  /**
   * The same as {@link #onSubRefresh(Hook)} for these channels only: for others it is as if there
   * were no hook. Asked on event loops; never waits.
   */
  public Hooks onSubRefresh(Predicate<String> channels, Hook<Refresh, Refreshed> hook) {
    var copy = copy();
    copy.subRefresh = hook;
    copy.subRefreshChannels = channels;
    return copy;
  }

  /** Is told of the end of every connection that had connected. */
  public Hooks onDisconnect(BiConsumer<Client, Closed> hook) {
    var copy = copy();
    copy.disconnect = hook;
    return copy;
  }

  /** Is told when a channel gets its first subscriber on this node. */
  public Hooks onOccupied(Consumer<String> hook) {
    var copy = copy();
    copy.occupied = hook;
    return copy;
  }

  /** Is told when a channel has lost its last subscriber on this node. */
  public Hooks onVacated(Consumer<String> hook) {
    var copy = copy();
    copy.vacated = hook;
    return copy;
  }

  Optional<Hook<Connect, Connected>> connect() {
    return Optional.ofNullable(connect);
  }

  Optional<Hook<Subscribe, SubscribeOptions>> subscribe(String channel) {
    return Optional.ofNullable(subscribe).filter(hook -> subscribeChannels.test(channel));
  }

  Optional<Hook<Publish, Published>> publish(String channel) {
    return Optional.ofNullable(publish).filter(hook -> publishChannels.test(channel));
  }

  Optional<Hook<Rpc, byte[]>> rpc() {
    return Optional.ofNullable(rpc);
  }

  Optional<Hook<Message, Boolean>> message() {
    return Optional.ofNullable(message);
  }

  Optional<Hook<Refresh, Refreshed>> refresh() {
    return Optional.ofNullable(refresh);
  }

  Optional<Hook<Refresh, Refreshed>> subRefresh(String channel) {
    return Optional.ofNullable(subRefresh).filter(hook -> subRefreshChannels.test(channel));
  }

  Optional<BiConsumer<Client, Closed>> disconnect() {
    return Optional.ofNullable(disconnect);
  }

  Optional<Consumer<String>> occupied() {
    return Optional.ofNullable(occupied);
  }

  Optional<Consumer<String>> vacated() {
    return Optional.ofNullable(vacated);
  }
}
