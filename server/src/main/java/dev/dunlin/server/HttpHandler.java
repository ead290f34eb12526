package dev.dunlin.server;

/** Answers plain HTTP requests beside the WebSockets of the same port. */
@FunctionalInterface
public interface HttpHandler {

  /**
   * Answers one request. Runs on a virtual thread and may block; the body has arrived whole.
   *
   * @throws Exception answers 500, is logged once and not shown to the peer
   */
  HttpResponse handle(HttpRequest request) throws Exception;
}
