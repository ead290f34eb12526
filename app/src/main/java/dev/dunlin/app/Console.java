package dev.dunlin.app;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Listener;
import dev.dunlin.server.WebSocketServer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The console: a page that shows what happens on this node and lets one take part. It is a client
 * of the server like any other: all it shows comes over a WebSocket.
 */
final class Console implements AutoCloseable {

  /** Where the console is. */
  static final String PATH = "/console/";

  private final ConsolePages pages;
  private final ConsoleAnswers answers;
  private final ConsoleEndpoint endpoint;

  /** Known once the server has started. */
  private volatile Optional<WebSocketServer> server = Optional.empty();

  private Console(
      ConsolePages pages,
      ConsoleAccess access,
      ConsoleAnswers answers,
      Hub hub,
      CentrifugeEndpoint clients) {
    this.pages = pages;
    this.answers = answers;
    var sampler =
        new ConsoleSampler(hub, clients.clients(), () -> server.map(WebSocketServer::statistics));
    this.endpoint = new ConsoleEndpoint(access, sampler, answers);
  }

  /**
   * The console of a server, if it has one: in development always, else if there is a way to be let
   * in.
   */
  static Optional<Console> of(
      Supplier<Config> current,
      boolean development,
      Hub hub,
      CentrifugeEndpoint clients,
      NodeReport node) {
    var config = current.get();
    var options = config.console();
    if (!development && !options.password().present() && options.certificates().isEmpty()) {
      return Optional.empty();
    }
    var access =
        development
            ? ConsoleAccess.development()
            : ConsoleAccess.guarded(options.password(), options.certificates(), System::nanoTime);
    var where = ConsoleClients.of(config);
    var fleet = new ConsoleFleet(clients.nodes(), NodeReport.name(config));
    var answers =
        new ConsoleAnswers(
            fleet,
            clients.api(),
            clients.clients(),
            node::console,
            () -> ConsoleSettings.of(current.get()),
            development ? Optional.of(TokenMaker.connections(config.client())) : Optional.empty(),
            where);
    fleet.answer(answers);
    return Optional.of(new Console(new ConsolePages(access, where), access, answers, hub, clients));
  }

  /** What it answers to those who are let in. */
  ConsoleAnswers answers() {
    return answers;
  }

  /** Adds the console to a listener. */
  Listener on(Listener listener) {
    return listener
        .http("/", pages)
        .http("/console", pages)
        .http("/console/{path...}", pages)
        .route("/console/ws", endpoint);
  }

  /** The server has started: its connections and traffic are shown from now on. */
  void watch(WebSocketServer started) {
    server = Optional.of(started);
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
