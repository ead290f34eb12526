package dev.dunlin.testing;

import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.websocket.Closed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The clients of a test, on one event loop with one clock: closed after each test, which fails if a
 * handler has thrown.
 *
 * <pre>{@code
 * @RegisterExtension final TestClients clients = new TestClients();
 *
 * @Test
 * void whatOneSaysTheOtherHears() {
 *   var ann = clients.connect(Route.at("/chat/{room}"), chat, "/chat/lobby");
 *   var bob = clients.connect(Route.at("/chat/{room}"), chat, "/chat/lobby");
 *   ann.send("hello");
 *   assertThat(bob.receiveText()).isEqualTo("hello");
 * }
 * }</pre>
 */
public final class TestClients implements AfterEachCallback {

  private final List<TestClient> clients = new ArrayList<>();
  private boolean failuresExpected;

  /** Clients of one test. */
  public TestClients() {}

  /** Connects a client to an endpoint at {@code /}. */
  public TestClient connect(Endpoint endpoint) {
    return connect(TestClient.to(Route.at("/"), endpoint));
  }

  /** Connects a client to a route that leads to an endpoint, asking for this path and query. */
  public TestClient connect(Route route, Endpoint endpoint, String target) {
    return connect(TestClient.to(route, endpoint).at(target));
  }

  /** Connects a client as it was described. */
  public TestClient connect(TestClient.Builder description) {
    if (!clients.isEmpty()) {
      description.beside(clients.getFirst());
    }
    var client = description.connect();
    clients.add(client);
    return client;
  }

  /** Moves the clock that all clients share. */
  public void advance(Duration time) {
    if (!clients.isEmpty()) {
      clients.getFirst().advance(time);
    }
    clients.forEach(TestClient::settle);
  }

  /** This test makes handlers throw on purpose. */
  public void expectFailures() {
    failuresExpected = true;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    var failed =
        clients.stream()
            .flatMap(client -> client.serverClosed().stream())
            .filter(closed -> closed.cause() == Closed.Cause.HANDLER)
            .count();
    boolean expected = failuresExpected;
    // the first owns the event loop, so it goes last
    for (var client : clients.reversed()) {
      client.close();
    }
    clients.clear();
    failuresExpected = false;
    if (failed > 0 && !expected) {
      throw new AssertionError(failed + " handlers have thrown; the log says what");
    }
  }
}
