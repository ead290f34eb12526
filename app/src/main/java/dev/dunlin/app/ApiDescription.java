package dev.dunlin.app;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The description of the API in OpenAPI 3.1, for anybody: it holds no secret. */
final class ApiDescription implements HttpHandler {

  /** Where it is served. */
  static final String PATH = HttpApi.PATH + "/openapi.json";

  private final byte[] text = text();

  /** The file that is served. */
  static byte[] text() {
    try (var in = ApiDescription.class.getResourceAsStream("/api/openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the description of the API is not in the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      return HttpResponse.text(405, "method not allowed").header("Allow", "GET, HEAD");
    }
    return HttpResponse.of(200, "application/json", text);
  }
}
