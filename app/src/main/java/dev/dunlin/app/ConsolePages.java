package dev.dunlin.app;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.websocket.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The console over plain HTTP: its files, which are no secret, and login and logout. All that is
 * worth protecting goes over its WebSocket.
 */
final class ConsolePages implements HttpHandler {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ConsoleFiles files = new ConsoleFiles();
  private final ConsoleAccess access;
  private final ConsoleClients clients;

  ConsolePages(ConsoleAccess access, ConsoleClients clients) {
    this.access = access;
    this.clients = clients;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    return guarded(answer(request), request);
  }

  private HttpResponse answer(HttpRequest request) {
    return switch (request.path()) {
      case "/", "/console" -> HttpResponse.of(302).header("Location", "/console/");
      case "/console/session" -> session(request);
      case "/console/login" -> changing(request) ? login(request) : refused(request);
      case "/console/logout" -> changing(request) ? logout(request) : refused(request);
      default -> file(request);
    };
  }

  // ---- files

  private HttpResponse file(HttpRequest request) {
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      return HttpResponse.text(405, "method not allowed").header("Allow", "GET, HEAD");
    }
    var path = request.path().substring("/console/".length());
    return files
        .file(path.isEmpty() ? "index.html" : path)
        .map(file -> file(request, file))
        .orElseGet(() -> HttpResponse.text(404, "not found"));
  }

  private static HttpResponse file(HttpRequest request, ConsoleFiles.File file) {
    var headers = request.headers();
    if (headers.list("If-None-Match").contains(file.tag())) {
      return cached(HttpResponse.of(304), file);
    }
    if (headers.lists("Accept-Encoding", "gzip")) {
      return cached(HttpResponse.of(200, file.type(), file.zipped()), file)
          .header("Content-Encoding", "gzip");
    }
    return cached(HttpResponse.of(200, file.type(), file.plain()), file);
  }

  /** Kept by the browser, and asked for again each time: an upgraded server shows at once. */
  private static HttpResponse cached(HttpResponse response, ConsoleFiles.File file) {
    return response
        .header("ETag", file.tag())
        .header("Cache-Control", "no-cache")
        .header("Vary", "Accept-Encoding");
  }

  // ---- login

  private HttpResponse session(HttpRequest request) {
    boolean admitted = access.identify(request).isPresent();
    return json(
        200,
        Map.of("admitted", admitted, "development", access.open(), "password", access.password()));
  }

  /** Whether it is a request of this very page: no form of another site sends JSON. */
  private static boolean changing(HttpRequest request) {
    var headers = request.headers();
    var json = headers.first("Content-Type").filter(type -> type.startsWith("application/json"));
    return request.method().equals("POST") && json.isPresent() && sameOrigin(headers, request);
  }

  private static boolean sameOrigin(Headers headers, HttpRequest request) {
    var own =
        (request.secure() ? "https://" : "http://") + headers.first("Host").orElse("localhost");
    return headers.first("Origin").map(own::equalsIgnoreCase).orElse(false);
  }

  private static HttpResponse refused(HttpRequest request) {
    return request.method().equals("POST")
        ? HttpResponse.text(403, "only the console itself may do this")
        : HttpResponse.text(405, "method not allowed").header("Allow", "POST");
  }

  private HttpResponse login(HttpRequest request) {
    return switch (access.judge(password(request), address(request))) {
      case RIGHT ->
          HttpResponse.of(204)
              .header("Set-Cookie", access.login(request.secure()))
              .header("Cache-Control", "no-store");
      case WRONG -> json(401, Map.of("error", "That is not the password."));
      case TOO_MANY_FAILURES ->
          json(429, Map.of("error", "Too many wrong passwords: try again in a minute."))
              .header("Retry-After", "60");
    };
  }

  private static InetAddress address(HttpRequest request) {
    return request.remoteAddress() instanceof InetSocketAddress socket
        ? socket.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  private static String password(HttpRequest request) {
    try {
      return JSON.readTree(request.body()).path("password").asString("");
    } catch (JacksonException malformed) {
      return "";
    }
  }

  private HttpResponse logout(HttpRequest request) {
    return access
        .identify(request)
        .map(identity ->
            HttpResponse.of(204).header("Set-Cookie", access.logout(identity, request.secure())))
        .orElseGet(() -> HttpResponse.of(204));
  }

  private static HttpResponse json(int status, Object body) {
    return HttpResponse.of(
            status,
            "application/json",
            JSON.writeValueAsString(body).getBytes(StandardCharsets.UTF_8))
        .header("Cache-Control", "no-store");
  }

  // ---- headers

  private HttpResponse guarded(HttpResponse response, HttpRequest request) {
    return response
        .header("Content-Security-Policy", policy(request))
        .header("X-Content-Type-Options", "nosniff")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Cross-Origin-Resource-Policy", "same-origin")
        .header("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
  }

  private String policy(HttpRequest request) {
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        + " connect-src 'self'"
        + clients.origin(request)
        + "; form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
        + " require-trusted-types-for 'script'; trusted-types lit-html";
  }
}
