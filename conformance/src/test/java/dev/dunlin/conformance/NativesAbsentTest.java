package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine for which there is no native library: NIO and the TLS of the JDK do as well. */
class NativesAbsentTest {

  @Test
  void theFramingCasesHoldOverNioAndTheTlsOfTheJdk(@TempDir Path folder) throws Exception {
    var made = SelfSigned.in(folder);
    try (var server =
        ForkedServer.start(
            List.of(
                "-Xmx128m",
                "-Dio.netty.transport.noNative=true",
                "-Dio.netty.handler.ssl.noOpenSsl=true"),
            "handshake=60000", // the first of them load classes, on a machine that may be busy
            "certificate=" + made.certificate(),
            "key=" + made.key())) {
      assertThat(server.logged()).anyMatch(line -> line.contains(" over NIO with "));
      var target = new Target("127.0.0.1", server.port(), "/deflate", true);
      SocketConformanceTest.play(
          target, FramingCases.all(), "TLS of the JDK over NIO, without native libraries", "nio");
    }
  }
}
