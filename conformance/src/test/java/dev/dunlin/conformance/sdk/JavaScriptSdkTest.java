package dev.dunlin.conformance.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Hub;
import dev.dunlin.testing.Component;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The published JavaScript SDK under Node, in both encodings: {@code conformance/sdk}. */
class JavaScriptSdkTest {

  @Test
  void theJavaScriptSdkDoesAllItCan() throws Exception {
    try (var hub = Hub.inMemory();
        var node = SdkServer.start(hub)) {
      run(List.of(node.url()));
    }
  }

  /** Runs the suite against these nodes. */
  static void run(List<String> urls) throws Exception {
    var node = Component.NODE.require();
    JavaScriptSdk.install();
    var suite =
        new ProcessBuilder(node.toString(), "--test", "--test-reporter=spec", "suite.test.mjs")
            .directory(JavaScriptSdk.FOLDER.toFile());
    suite.environment().put("DUNLIN_URLS", String.join(",", urls));
    suite.environment().put("DUNLIN_SECRET", SdkServer.SECRET);
    assertThat(JavaScriptSdk.output(suite, 180)).as("the suite's verdict").contains("fail 0");
  }
}
