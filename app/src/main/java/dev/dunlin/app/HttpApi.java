package dev.dunlin.app;

import dev.dunlin.centrifuge.ErrorCode;
import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code POST /api/<method>} for back ends: keys, errors and JSON around {@link ApiMethods}. Errors
 * of a method are told with status 200, or by the status where the option or the header {@code
 * X-Centrifugo-Error-Mode: transport} says so.
 *
 * <p>{@code POST /api} is how older libraries call: one {@code {"method": "", "params": {}}} a
 * line, answered line by line.
 */
final class HttpApi implements HttpHandler {

  /** Takes notice of every call, for the metrics. */
  interface Meter {
    void called(String method, String outcome, Duration took);
  }

  /** Where the API is, and below it each method. */
  static final String PATH = "/api";

  private static final String JSON = "application/json";
  private static final byte[] NOTHING = {'{', '}'};

  private final ApiMethods methods;
  private final ApiKeys keys;
  private final boolean insecure;
  private final boolean keyInQuery;
  private final Config.ErrorMode errorMode;
  private final Meter meter;

  HttpApi(ApiMethods methods, ApiKeys keys, Config.HttpApi options, Meter meter) {
    this.methods = methods;
    this.keys = keys;
    this.insecure = options.insecure();
    this.keyInQuery = options.keyInQuery();
    this.errorMode = options.errorMode();
    this.meter = meter;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    if (!insecure) {
      switch (keys.judge(key(request), address(request))) {
        case RIGHT -> {}
        case WRONG -> {
          return refused(401, "the key is missing or wrong: present it in X-API-Key")
              .header("WWW-Authenticate", "apikey");
        }
        case TOO_MANY_FAILURES -> {
          return refused(429, "too many wrong keys from this address").header("Retry-After", "60");
        }
      }
    }
    if (request.path().equals(PATH)) {
      return posted(request) ? lines(request) : notPosted();
    }
    var method = request.path("method");
    if (!ApiMethods.NAMES.contains(method)) {
      return refused(404, "there is no such method");
    }
    if (!posted(request)) {
      return notPosted();
    }
    try {
      var body = request.body();
      return response(method, request, call(method, body.length == 0 ? NOTHING : body));
    } catch (Fields.Malformed malformed) {
      return refused(400, "bad request: " + malformed.getMessage());
    }
  }

  private static boolean posted(HttpRequest request) {
    return request.method().equals("POST");
  }

  private static HttpResponse notPosted() {
    return refused(405, "API methods are called with POST").header("Allow", "POST");
  }

  private ApiMethods.Outcome call(String method, byte[] request) throws Fields.Malformed {
    long begin = System.nanoTime();
    var outcome = "bad_request";
    try {
      var answer = methods.call(method, Fields.of(request));
      outcome = answer instanceof ApiMethods.Outcome.Result ? "ok" : "error";
      return answer;
    } finally {
      meter.called(method, outcome, Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  private HttpResponse lines(HttpRequest request) {
    var answers = new ByteArrayOutputStream();
    int number = 0;
    for (var line : new String(request.body(), StandardCharsets.UTF_8).lines().toList()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      try {
        var fields = Fields.of(line.getBytes(StandardCharsets.UTF_8));
        var answer = answer(fields.text("method"), fields.raw("params"));
        if (answers.size() > 0) {
          answers.write('\n');
        }
        answers.writeBytes(answer);
      } catch (Fields.Malformed malformed) {
        return refused(
            400, "bad request in line " + number + " of the body: " + malformed.getMessage());
      }
    }
    return HttpResponse.of(200, JSON, answers.toByteArray());
  }

  private byte[] answer(String method, byte[] params) throws Fields.Malformed {
    var outcome =
        ApiMethods.NAMES.contains(method)
            ? call(method, params.length == 0 ? NOTHING : params)
            : new ApiMethods.Outcome.Failed(ErrorCode.METHOD_NOT_FOUND);
    return Json.object(json -> ApiMethods.write(json, outcome));
  }

  private HttpResponse response(String method, HttpRequest request, ApiMethods.Outcome outcome) {
    int status =
        switch (outcome) {
          case ApiMethods.Outcome.Result result -> 200;
          case ApiMethods.Outcome.Failed failed ->
              transportErrors(request) ? status(failed.error()) : 200;
        };
    // The replies of a batch stand at the top, where the protocol has them.
    var body =
        outcome instanceof ApiMethods.Outcome.Result result && method.equals("batch")
            ? Json.object(result.body())
            : Json.object(json -> ApiMethods.write(json, outcome));
    return HttpResponse.of(status, JSON, body);
  }

  private boolean transportErrors(HttpRequest request) {
    return request
        .headers()
        .first("X-Centrifugo-Error-Mode")
        .map(mode -> mode.equals("transport"))
        .orElse(errorMode == Config.ErrorMode.TRANSPORT);
  }

  private static int status(ErrorCode error) {
    return switch (error.code()) {
      case 102, 104 -> 404;
      case 103 -> 403;
      case 107, 108 -> 400;
      case 111 -> 429;
      case 112 -> 416;
      case 113 -> 409;
      default -> 500;
    };
  }

  private static HttpResponse refused(int status, String message) {
    var body =
        Json.object(json -> {
          json.writeObjectPropertyStart("error");
          json.writeNumberProperty("code", status == 401 ? 101 : status == 429 ? 111 : 107);
          json.writeStringProperty("message", message);
          json.writeEndObject();
        });
    return HttpResponse.of(status, JSON, body);
  }

  private String key(HttpRequest request) {
    return request
        .headers()
        .first("X-API-Key")
        .or(() ->
            request
                .headers()
                .first("Authorization")
                .filter(value -> value.regionMatches(true, 0, "apikey ", 0, 7))
                .map(value -> value.substring(7).strip()))
        .or(() -> keyInQuery ? request.query("api_key") : Optional.empty())
        .orElse("");
  }

  private static InetAddress address(HttpRequest request) {
    return request.remoteAddress() instanceof InetSocketAddress socket
        ? socket.getAddress()
        : InetAddress.getLoopbackAddress();
  }
}
