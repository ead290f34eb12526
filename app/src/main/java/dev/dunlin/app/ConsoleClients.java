package dev.dunlin.app;

import dev.dunlin.server.HttpRequest;

/**
 * Where clients connect, as the playground must know it.
 *
 * @param port their port if it is not the console's; else 0
 * @param secure whether that port speaks TLS
 */
record ConsoleClients(int port, boolean secure) {

  static ConsoleClients of(Config config) {
    var http = config.httpServer();
    return new ConsoleClients(http.internalPort() > 0 ? http.port() : 0, http.tls().enabled());
  }

  /** What the content security policy adds for it. */
  String origin(HttpRequest request) {
    if (port == 0) {
      return "";
    }
    var host = request.headers().first("Host").orElse("localhost");
    int colon = host.lastIndexOf(':');
    var name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    return (secure ? " wss://" : " ws://") + name + ":" + port;
  }
}
