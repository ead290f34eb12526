package dev.dunlin.app;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Listener;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * The console: a page that shows what happens on this node and lets one take part. It is a client
 * of the server like any other: all it shows comes over a WebSocket.
 */
final class Console implements AutoCloseable {

  /** Where the console is. */
  static final String PATH = "/console/";

  private final ConsolePages pages;
  private final ConsoleEndpoint endpoint;

  /** Known once the server has started. */
  private volatile IntSupplier connections = () -> 0;

  private Console(
      ConsolePages pages,
      ConsoleAccess access,
      ConsoleAnswers answers,
      Hub hub,
      CentrifugeEndpoint clients) {
    this.pages = pages;
    var sampler = new ConsoleSampler(hub, clients.clients(), () -> connections.getAsInt());
    this.endpoint = new ConsoleEndpoint(access, sampler, answers);
  }

  /**
   * The console of a server, if it has one: in development always, else if there is a way to be let
   * in.
   */
  static Optional<Console> of(
      Config config, boolean development, Hub hub, CentrifugeEndpoint clients, NodeReport node) {
    var options = config.console();
    if (!development && !options.password().present() && options.certificates().isEmpty()) {
      return Optional.empty();
    }
    var access =
        development
            ? ConsoleAccess.development()
            : ConsoleAccess.guarded(options.password(), options.certificates(), System::nanoTime);
    var where = ConsoleClients.of(config);
    var answers =
        new ConsoleAnswers(
            clients.api(),
            clients.clients(),
            () -> facts(node, config, hub, clients),
            () -> ConsoleSettings.of(config),
            development ? Optional.of(new TokenMaker(config.client().token())) : Optional.empty(),
            where);
    return Optional.of(new Console(new ConsolePages(access, where), access, answers, hub, clients));
  }

  private static Map<String, Object> facts(
      NodeReport node, Config config, Hub hub, CentrifugeEndpoint clients) {
    var runtime = Runtime.getRuntime();
    var facts = new LinkedHashMap<String, Object>();
    facts.put("uid", node.uid());
    facts.put("name", node.name());
    facts.put("version", VersionCommand.version());
    facts.put("uptime", ManagementFactory.getRuntimeMXBean().getUptime() / 1000);
    facts.put("broker", config.broker().type());
    facts.put("linked", hub.linked());
    facts.put("clients", clients.clients().count());
    facts.put("users", clients.clients().users());
    facts.put("channels", hub.stats().channels());
    facts.put("subscriptions", hub.stats().subscriptions());
    facts.put("heap", runtime.totalMemory() - runtime.freeMemory());
    facts.put("maxHeap", runtime.maxMemory());
    facts.put("processors", runtime.availableProcessors());
    facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return facts;
  }

  /** Adds the console to a listener. */
  Listener on(Listener listener) {
    return listener
        .http("/", pages)
        .http("/console", pages)
        .http("/console/{path...}", pages)
        .route("/console/ws", endpoint);
  }

  /** From where it learns how many connections there are. */
  void counting(IntSupplier open) {
    connections = open;
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
