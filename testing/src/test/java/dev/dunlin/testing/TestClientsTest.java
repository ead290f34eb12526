package dev.dunlin.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Hub;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Text;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

class TestClientsTest {

  @RegisterExtension final TestClients clients = new TestClients();

  /** The chat of docs/design: a room is a channel, a session subscribes to it. */
  private static Endpoint chat(Hub hub) {
    return session -> {
      var room = "chat:" + session.path("room");
      var subscription =
          hub.subscribe(
              room,
              session.lane(),
              publication -> {
                var unused = session.trySend(Text.of(publication.data()));
              });
      session.onClose(closed -> subscription.close());
      return message -> {
        if (message instanceof Text text) {
          var unused = hub.publish(room, text.value());
        }
      };
    };
  }

  @Test
  void whatOneSaysTheOtherHears() {
    try (var hub = Hub.inMemory()) {
      var route = Route.at("/chat/{room}");
      var ann = clients.connect(route, chat(hub), "/chat/lobby");
      var bob = clients.connect(route, chat(hub), "/chat/lobby");
      var eve = clients.connect(route, chat(hub), "/chat/cellar");
      ann.send("hello");
      ann.settle();
      bob.settle();
      assertThat(bob.receiveText()).isEqualTo("hello");
      assertThat(ann.receiveText()).isEqualTo("hello");
      eve.receiveNothing();
    }
  }

  @Test
  void whoIsConnectedHasOpened() {
    var opened = new AtomicReference<Session>();
    var connecting = Thread.currentThread();
    clients.connect(session -> {
      while (connecting.getState() == Thread.State.RUNNABLE && connecting.isAlive()) {
        Thread.onSpinWait(); // as one that looks something up: whoever connects has to wait
      }
      opened.set(session);
      return message -> {};
    });
    assertThat(opened).doesNotHaveNullValue();
  }

  @Test
  void receiveWaitsForWhatOthersSendWhileItsOwnHandlerRests() throws InterruptedException {
    var session = new AtomicReference<Session>();
    var client =
        clients.connect(opened -> {
          session.set(opened);
          return message -> {};
        });
    var receiver = Thread.currentThread();
    var other =
        Thread.ofVirtual()
            .start(() -> {
              while (receiver.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
              }
              var unused = session.get().trySend(Text.of("from elsewhere"));
            });
    assertThat(client.receiveText()).isEqualTo("from elsewhere");
    other.join();
  }

  @Test
  void aHandlerThatThrowsFailsTheTest() {
    var others = new TestClients();
    var client =
        others.connect(session ->
            message -> {
              throw new IllegalStateException("by hand");
            });
    client.send("boom");
    client.settle();
    ExtensionContext none = null;
    assertThatThrownBy(() -> others.afterEach(none))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("1 handlers have thrown");
  }
}
