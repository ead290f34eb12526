package dev.dunlin.app;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code /health}: 200 while the program runs. {@code /health/ready}: 503 while it should get no
 * new clients, with the reason.
 */
final class Health implements HttpHandler {

  private final Supplier<Optional<String>> unready;

  Health(Supplier<Optional<String>> unready) {
    this.unready = unready;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    var reason = request.path().endsWith("/ready") ? unready.get() : Optional.<String>empty();
    var body =
        Json.object(json -> reason.ifPresent(why -> json.writeStringProperty("unready", why)));
    return HttpResponse.of(reason.isPresent() ? 503 : 200, "application/json", body)
        .header("Cache-Control", "no-store");
  }
}
