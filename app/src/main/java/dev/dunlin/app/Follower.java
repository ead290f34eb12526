package dev.dunlin.app;

import dev.dunlin.centrifuge.UnsubscribeCode;
import dev.dunlin.channels.StreamPosition;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Handler;
import dev.dunlin.server.Session;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A client of the channel protocol, JSON, with one subscription that goes on where it was when the
 * connection comes back. Used by one thread; a connection's messages come one after another.
 */
final class Follower {

  private static final int MAX_MESSAGE = 16 << 20;

  private final String channel;
  private final Consumer<Fields> publications;
  private final Consumer<String> remarks;
  private final int wanted;
  private volatile boolean connectedOnce;
  private volatile boolean subscribedLast;

  // Touched by the handler of the one connection there is at a time, and between connections.
  private Optional<StreamPosition> position = Optional.empty();
  private int seen;

  /**
   * A follower.
   *
   * @param remarks told what a person should know about gaps and the like
   * @param wanted how many publications; 0 for no end
   */
  Follower(String channel, Consumer<Fields> publications, Consumer<String> remarks, int wanted) {
    this.channel = channel;
    this.publications = publications;
    this.remarks = remarks;
    this.wanted = wanted;
  }

  /** Connections as a follower needs them: servers ping by the protocol's own means. */
  static WebSocketClient client() {
    return WebSocketClient.builder()
        .limits(Limits.defaults().maxMessageBytes(MAX_MESSAGE).pingInterval(Duration.ZERO))
        .build();
  }

  boolean connectedOnce() {
    return connectedOnce;
  }

  /** Whether the last connection came as far as a subscription. */
  boolean subscribedLast() {
    return subscribedLast;
  }

  /**
   * Follows over one connection until it ends.
   *
   * @return whether all publications that were wanted have come
   * @throws IOException if there is no connection
   * @throws CommandFailure if the server does not want this client
   */
  boolean follow(WebSocketClient client, URI uri, Supplier<String> token) throws IOException {
    var ended = new CompletableFuture<Boolean>();
    subscribedLast = false;
    Endpoint endpoint = session -> new Conversation(session, token.get(), ended);
    var session = client.connect(uri, endpoint);
    try {
      return ended.join();
    } catch (CompletionException failure) {
      if (failure.getCause() instanceof CommandFailure refused) {
        throw refused;
      }
      throw failure;
    } finally {
      session.close();
    }
  }

  /** One connection. */
  private final class Conversation implements Handler {
    private final Session session;
    private final CompletableFuture<Boolean> ended;

    Conversation(Session session, String token, CompletableFuture<Boolean> ended) {
      this.session = session;
      this.ended = ended;
      session.onClose(this::closed);
      send(json -> {
        json.writeNumberProperty("id", 1);
        json.writeObjectPropertyStart("connect");
        if (!token.isEmpty()) {
          json.writeStringProperty("token", token);
        }
        json.writeStringProperty("name", "dunlin");
        json.writeEndObject();
      });
    }

    private void send(Json.Body body) {
      session.send(Text.of(Json.text(body)));
    }

    private void closed(Closed closed) {
      int code = closed.code().value();
      boolean terminal = (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
      if (terminal) {
        ended.completeExceptionally(
            CommandFailure.failed(
                "the server refuses this client: " + code + " " + closed.reason()));
      } else {
        ended.complete(false);
      }
    }

    @Override
    public void onMessage(Message message) throws Exception {
      if (message instanceof Text text) {
        for (var line : text.value().split("\n", -1)) {
          if (!line.isBlank() && !ended.isDone()) {
            reply(Fields.of(line.getBytes(StandardCharsets.UTF_8)));
          }
        }
      }
    }

    private void reply(Fields reply) throws Fields.Malformed {
      if (reply.names().isEmpty()) {
        send(json -> {}); // a ping, which an empty command answers
        return;
      }
      var error = reply.object("error");
      if (error.isPresent()) {
        refused(error.get());
        return;
      }
      if (reply.has("connect")) {
        connectedOnce = true;
        subscribe();
      }
      var subscribed = reply.object("subscribe");
      if (subscribed.isPresent()) {
        subscribed(subscribed.get());
      }
      var push = reply.object("push");
      if (push.isPresent()) {
        push(push.get());
      }
    }

    /** What passes is tried again, over another connection. */
    private void refused(Fields error) throws Fields.Malformed {
      var said = "the server says: " + error.number("code") + " " + error.text("message");
      if (error.flag("temporary")) {
        remarks.accept(said);
        ended.complete(false);
      } else {
        ended.completeExceptionally(CommandFailure.failed(said));
      }
    }

    private void subscribe() {
      send(json -> {
        json.writeNumberProperty("id", 2);
        json.writeObjectPropertyStart("subscribe");
        json.writeStringProperty("channel", channel);
        position.ifPresent(since -> {
          json.writeBooleanProperty("recover", true);
          json.writeNumberProperty("offset", since.offset());
          json.writeStringProperty("epoch", since.epoch());
        });
        json.writeEndObject();
      });
    }

    private void subscribed(Fields result) throws Fields.Malformed {
      subscribedLast = true;
      if (position.isPresent() && !result.flag("recovered")) {
        remarks.accept("messages may be missing: the history does not reach back far enough");
      }
      for (var missed : result.objects("publications")) {
        publication(missed);
      }
      position =
          result.flag("recoverable") || result.flag("positioned")
              ? Optional.of(new StreamPosition(result.number("offset"), result.text("epoch")))
              : Optional.empty();
      remarks.accept("subscribed to " + channel);
    }

    /** A token may subscribe the connection to other channels as well. */
    private void push(Fields push) throws Fields.Malformed {
      if (!push.text("channel").equals(channel)) {
        return;
      }
      var publication = push.object("pub");
      if (publication.isPresent()) {
        publication(publication.get());
        long offset = publication.get().number("offset");
        if (offset > 0) {
          position = position.map(before -> new StreamPosition(offset, before.epoch()));
        }
        return;
      }
      var end = push.object("unsubscribe");
      if (end.isPresent()) {
        unsubscribed(end.get());
      }
    }

    /** Some ends are final; after the others the history closes the gap, as after a reconnect. */
    private void unsubscribed(Fields end) throws Fields.Malformed {
      long code = end.number("code");
      if (code < UnsubscribeCode.INSUFFICIENT_STATE.value()) {
        ended.completeExceptionally(
            CommandFailure.failed(
                "the server has ended the subscription: " + code + " " + end.text("reason")));
        return;
      }
      if (code == UnsubscribeCode.STATE_INVALIDATED.value()) {
        position = Optional.empty();
      }
      remarks.accept("the server has ended the subscription; subscribing again");
      subscribe();
    }

    private void publication(Fields publication) {
      if (ended.isDone()) {
        return;
      }
      publications.accept(publication);
      if (wanted > 0 && ++seen >= wanted) {
        ended.complete(true);
      }
    }
  }
}
