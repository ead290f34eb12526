package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The console as its user sees it; the steps are in {@code e2e/console.mjs}. */
class ConsoleBrowserTest {

  @Test
  void aNewcomerSeesMessagesFlyAndAnOperatorFindsWhatIsGoingOn() throws Exception {
    var node = Component.NODE.require().toString();
    var chromium = Component.CHROMIUM.require().toString();
    Scripts.installed();
    try (var server = TestServer.start()) {
      int port = server.server().addresses().getFirst().getPort();
      var curl =
          Welcome.text(server.config(), port)
              .lines()
              .map(String::strip)
              .filter(line -> line.startsWith("curl "))
              .findFirst()
              .orElseThrow();
      var said =
          Scripts.run(List.of(node, "console.mjs", "http://localhost:" + port, chromium, curl));
      assertThat(said.strip()).isEqualTo("ok");
    }
  }
}
