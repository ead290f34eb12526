package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A configuration that is read again while clients are connected. */
class ReloadTest {

  private final TestServer server =
      TestServer.start(Map.of("client.channel_limit", "2", "websocket.compression", "false"));

  @AfterEach
  void close() {
    server.close();
  }

  private Visitor connected(String user) throws Exception {
    return Visitor.connected(server.webSocket(), server.token(user));
  }

  private static String subscribe(Visitor visitor, int id, String channel) throws Exception {
    return visitor.ask("{'id':%d,'subscribe':{'channel':'%s'}}".formatted(id, channel));
  }

  private Map<String, String> settings() {
    return ConsoleSettings.of(server.server().config()).stream()
        .collect(
            Collectors.toMap(
                ConsoleSettings.Setting::path, ConsoleSettings.Setting::value, (a, b) -> a));
  }

  @Test
  void limitsHoldForWhoComesNextAndWhoIsThereKeepsTheirs() throws Exception {
    try (var ann = connected("ann")) {
      assertThat(subscribe(ann, 2, "a")).doesNotContain("error");
      assertThat(
              server.reload(
                  Map.of("client.channel_limit", "1", "websocket.message_size_limit", "2KiB")))
          .isEmpty();
      var large = "{'id':5,'publish':{'channel':'a','data':'%s'}}".formatted("x".repeat(3000));
      assertThat(subscribe(ann, 3, "b")).doesNotContain("error");
      assertThat(subscribe(ann, 4, "c")).contains("\"code\":106");
      assertThat(ann.ask(large)).doesNotContain("error");
      try (var bob = connected("bob")) {
        assertThat(subscribe(bob, 2, "c")).doesNotContain("error");
        assertThat(subscribe(bob, 3, "d")).contains("\"code\":106");
        assertThat(bob.ask(large)).startsWith("closed: 1009");
      }
      assertThat(settings()).containsEntry("client.channel_limit", "1");
    }
  }

  @Test
  void whoIsThereCountsAgainstANewLimitAndStays() throws Exception {
    try (var ann = connected("ann");
        var bob = connected("bob")) {
      server.reload(Map.of("http_server.connection_limit", "1"));
      assertThatThrownBy(() -> connected("cid").close()).hasStackTraceContaining("status code 503");
      assertThat(subscribe(ann, 2, "a")).doesNotContain("error");
      assertThat(subscribe(bob, 2, "a")).doesNotContain("error");
      server.reload(Map.of("http_server.connection_limit", "0"));
      try (var cid = connected("cid")) {
        assertThat(subscribe(cid, 2, "a")).doesNotContain("error");
      }
    }
  }

  @Test
  void aQuotaHoldsAtOnce() throws Exception {
    try (var ann = connected("ann")) {
      server.reload(Map.of("client.command_rate_limit", "1", "client.command_burst", "1"));
      assertThat(subscribe(ann, 2, "a")).doesNotContain("error");
      assertThat(subscribe(ann, 3, "b")).contains("\"code\":111");
      server.reload(Map.of("client.user_connection_limit", "1"));
      try (var first = connected("bob")) {
        assertThat(subscribe(first, 2, "a")).doesNotContain("error");
        try (var second = Visitor.at(server.webSocket())) {
          assertThat(second.ask("{'id':1,'connect':{'token':'%s'}}".formatted(server.token("bob"))))
              .startsWith("closed: 3504");
        }
      }
    }
  }

  @Test
  void whatWaitsForARestartIsNamedAndDoesNotHold() {
    var waiting =
        server.reload(
            Map.of(
                "node.name", "another",
                "client.allowed_origins", "[\"*\"]",
                "client.channel_limit", "7",
                "http_api.insecure", "true"));
    assertThat(waiting).containsExactly("client.allowed_origins", "http_api.insecure", "node.name");
    assertThat(ConfigRules.insecure(server.server().config())).isEmpty();
    assertThat(settings())
        .containsEntry("node.name", "")
        .containsEntry("client.channel_limit", "7");
  }

  @Test
  void nothingIsTakenOverWhereSomethingCannotBe() {
    var before = server.server().config();
    var changes = new HashMap<>(Map.of("client.channel_limit", "7"));
    changes.put("http_server.tls.enabled", "true");
    assertThatThrownBy(() -> server.reload(changes))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("http_server.tls.enabled");
    assertThat(server.server().config()).isSameAs(before);
  }
}
