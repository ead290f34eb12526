package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A library that others made for this API, unchanged; its calls are in {@code e2e/cent.mjs}. */
class BackendLibraryTest {

  @Test
  void centJsWorksUnchanged() throws Exception {
    var node = Component.NODE.require().toString();
    Scripts.installed();
    try (var server = TestServer.start();
        var ann = Visitor.connected(server.webSocket(), server.token("ann"))) {
      assertThat(ann.ask("{'id':2,'subscribe':{'channel':'chat:lib'}}")).contains("subscribe");
      var said =
          Scripts.run(List.of(node, "cent.mjs", server.uri("/api").toString(), server.key()));
      assertThat(said.strip()).isEqualTo("ok");
      var seen = new StringBuilder();
      for (var next = ann.next(); !next.startsWith("closed"); next = ann.next()) {
        seen.append(next);
      }
      assertThat(seen).contains("\"by\":\"cent.js\"", "\"to\":\"all\"");
    }
  }
}
