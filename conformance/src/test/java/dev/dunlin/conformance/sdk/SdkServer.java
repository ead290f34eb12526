package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.Jwt;
import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.centrifuge.Disconnect;
import dev.dunlin.centrifuge.ErrorCode;
import dev.dunlin.centrifuge.Hooks;
import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.NamespaceOptions.SignedPublications;
import dev.dunlin.centrifuge.Namespaces;
import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.centrifuge.Rejection;
import dev.dunlin.centrifuge.ServerApi;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Route;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.OriginRule;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server side of the SDK tests: a node over a hub, with a namespace for each feature and the
 * procedures by which a test acts on the server.
 */
public final class SdkServer implements AutoCloseable {

  /** What tokens are signed with. */
  public static final String SECRET =
      "a secret of the tests, long enough for HS512: 64 bytes and then some more";

  private static final String PAGES = "http://127.0.0.1:";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final WebSocketServer server;
  private CentrifugeEndpoint endpoint;

  private SdkServer(Hub hub, ProtocolOptions options, int port) {
    var tokens = Jwt.hs512(SECRET);
    endpoint =
        CentrifugeEndpoint.over(hub).authenticate(tokens).namespaces(namespaces()).options(options);
    endpoint = endpoint.signing(SECRET.getBytes(UTF_8));
    endpoint = endpoint.hooks(Hooks.NONE.onRpc(this::procedure));
    var route =
        Route.at("/connection/websocket")
            .origins(
                OriginRule.sameOrigin()
                    .or(request ->
                        // pages of the browser tests, which another port serves
                        request.origin().filter(it -> it.startsWith(PAGES)).isPresent()));
    server = WebSocketServer.builder().route(route, endpoint).start(port);
  }

  /** A node over {@code hub} on a free port. */
  public static SdkServer start(Hub hub) {
    return start(hub, ProtocolOptions.defaults(), 0);
  }

  /** A node with options of its own. */
  public static SdkServer start(Hub hub, ProtocolOptions options, int port) {
    return new SdkServer(hub, options, port);
  }

  private static Namespaces namespaces() {
    var open = open();
    var history =
        open()
            .historySize(1000)
            .historyTtl(Duration.ofMinutes(5))
            .allowHistoryForClient(true)
            .forceRecovery(true);
    var named = new HashMap<String, NamespaceOptions>();
    named.put("open", open.build());
    named.put("history", history.build());
    named.put(
        "presence", open().presence(true).joinLeave(true).allowPresenceForClient(true).build());
    named.put(
        "delta",
        open()
            .historySize(100)
            .historyTtl(Duration.ofMinutes(5))
            .forceRecovery(true)
            .allowedDeltaTypes(Set.of(NamespaceOptions.FOSSIL))
            .deltaPublish(true)
            .build());
    named.put("filter", open().allowTagsFilter(true).build());
    named.put("signed", history.signedPublications(SignedPublications.VERIFIED).build());
    named.put("carried", history.signedPublications(SignedPublications.CARRIED).build());
    named.put("closed", NamespaceOptions.defaults());
    return new Namespaces(NamespaceOptions.defaults(), named);
  }

  private static NamespaceOptions.Builder open() {
    return NamespaceOptions.builder().allowSubscribeForClient(true).allowPublishForClient(true);
  }

  private byte[] procedure(Hooks.Rpc call) throws Exception {
    var parameters = JSON.readTree(call.data());
    switch (call.method()) {
      case "echo" -> {
        return call.data();
      }
      case "publish" -> publish(parameters);
      case "disconnect" ->
          call.client()
              .disconnect(
                  Disconnect.custom(
                      parameters.get("code").asInt(), parameters.get("reason").asString()));
      case "unsubscribe" ->
          endpoint
              .api()
              .unsubscribe(
                  ServerApi.Target.user(call.client().user()), parameters.get("channel").asString())
              .toCompletableFuture()
              .get();
      default -> throw Rejection.error(ErrorCode.METHOD_NOT_FOUND);
    }
    return "{}".getBytes(UTF_8);
  }

  private void publish(JsonNode parameters) throws Exception {
    var tags = new HashMap<String, String>();
    if (parameters.has("tags")) {
      parameters
          .get("tags")
          .properties()
          .forEach(tag -> tags.put(tag.getKey(), tag.getValue().asString()));
    }
    var key = parameters.has("idempotency_key") ? parameters.get("idempotency_key").asString() : "";
    endpoint
        .api()
        .publish(
            parameters.get("channel").asString(),
            parameters.get("data").toString().getBytes(UTF_8),
            options -> options.tags(tags).idempotencyKey(key))
        .toCompletableFuture()
        .get();
  }

  /** Who is connected, and what can be done to them. */
  public CentrifugeEndpoint endpoint() {
    return endpoint;
  }

  /** Where SDKs connect. */
  public String url() {
    return "ws://127.0.0.1:" + server.port() + "/connection/websocket";
  }

  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.close();
  }

  /** Runs a node until it is killed, for experiments by hand. */
  public static void main(String[] args) throws InterruptedException {
    var node = start(Hub.inMemory(), ProtocolOptions.defaults(), Integer.parseInt(args[0]));
    System.out.println(Map.of("url", node.url(), "secret", SECRET));
    Thread.currentThread().join();
  }
}
