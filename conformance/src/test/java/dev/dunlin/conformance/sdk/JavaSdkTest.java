package dev.dunlin.conformance.sdk;

import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.channels.Hub;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The published Java SDK with one node in memory. */
class JavaSdkTest extends JavaSdkSuite {

  JavaSdkTest() {
    super(Hub.inMemory());
  }

  @Test
  void itStaysWherePingsCome() throws Exception {
    // it gives up 2 s after the last ping: in 7 s it would have done so three times
    held(
        ProtocolOptions.defaults().withPing(Duration.ofSeconds(1), Duration.ofMillis(900)),
        1_000,
        7);
  }

  @Test
  @Tag("figures")
  void itStaysForMinutesAtTheDefaultInterval() throws Exception {
    held(ProtocolOptions.defaults(), 10_000, 130);
  }
}
