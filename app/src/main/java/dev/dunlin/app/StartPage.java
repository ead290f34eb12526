package dev.dunlin.app;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import java.util.List;

/** What stands at {@code /} in development: where everything is. No token, no key. */
final class StartPage implements HttpHandler {

  private final List<String> paths;

  StartPage(List<String> paths) {
    this.paths = paths;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    var host = request.headers().first("Host").orElse("localhost");
    var page =
        new StringBuilder(
            "Dunlin, in development mode. A token and a key are in the terminal.\n\n");
    page.append("ws://").append(host).append(Dunlin.CLIENTS).append("   clients\n");
    for (var path : paths) {
      page.append("http://").append(host).append(path).append('\n');
    }
    return HttpResponse.text(200, page.toString()).header("X-Content-Type-Options", "nosniff");
  }
}
