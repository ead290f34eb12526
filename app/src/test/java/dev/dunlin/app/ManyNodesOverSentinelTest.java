package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.RedisSentinel;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two servers over a Redis that a real Sentinel watches. */
class ManyNodesOverSentinelTest {

  private static final String CHANNEL = "stream:sentinel";

  @Test
  void serversGoOnWithTheReplicaThatSentinelMakesMaster() throws Exception {
    try (var redis = RedisSentinel.start();
        var here = node("here", redis.url());
        var there = node("there", redis.url())) {
      Await.until("two nodes", () -> here.result("info", "{}").get("nodes").size() == 2);
      var visitors =
          List.of(
              Visitor.connected(here.webSocket(), here.token("ann")),
              Visitor.connected(there.webSocket(), there.token("bob")));
      try {
        for (var visitor : visitors) {
          assertThat(visitor.ask("{'id':2,'subscribe':{'channel':'" + CHANNEL + "'}}"))
              .contains("\"subscribe\"");
        }
        publish(there, "before");
        for (var visitor : visitors) {
          assertThat(visitor.next()).contains("before");
        }
        redis.master().kill();
        Await.until("the links are lost", () -> status(here) == 503 && status(there) == 503);
        Await.until("the links are back", () -> status(here) == 200 && status(there) == 200);
        publish(here, "after");
        for (var visitor : visitors) {
          assertThat(visitor.next()).contains("after");
        }
        Await.until("both nodes", () -> there.result("info", "{}").get("nodes").size() == 2);
      } finally {
        visitors.forEach(Visitor::close);
      }
    }
  }

  private static int status(TestServer server) throws Exception {
    return server.get("/health/ready").statusCode();
  }

  private static void publish(TestServer server, String text) throws Exception {
    assertThat(
            server.call("publish", "{\"channel\":\"" + CHANNEL + "\",\"data\":\"" + text + "\"}"))
        .startsWith("{\"result\"");
  }

  private static TestServer node(String name, String url) {
    var options = new HashMap<String, String>();
    options.put("node.name", name);
    options.put("broker.type", "redis");
    options.put("broker.options", "{url: \"" + url + "\"}");
    options.put("channel.namespaces", "[{name: stream, allow_subscribe_for_client: true}]");
    options.put("client.token.hmac_secret_key", "0123456789abcdef".repeat(4));
    options.put("http_api.key", "an API key of the tests");
    return TestServer.start(options);
  }
}
