package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What we compress for a window is read by the zlib in Node.js with just that window. */
class WindowBitsInNodeTest {

  private static final String SCRIPT =
      """
      const zlib = require('zlib');
      let checked = 0;
      for (const line of require('fs').readFileSync(0, 'latin1').trim().split('\\n')) {
        const [bits, payload, expected] = line.split(' ');
        const whole = Buffer.from(payload + '0000ffff', 'hex');
        const plain = zlib.inflateRawSync(whole,
            {windowBits: +bits, finishFlush: zlib.constants.Z_SYNC_FLUSH});
        if (plain.toString('hex') !== expected) throw new Error('window ' + bits + ': other bytes');
        checked++;
      }
      console.log(checked);
      """;

  @Test
  @Timeout(60)
  void everyWindowIsReadByNode() throws Exception {
    var node = node();
    var input = new StringBuilder();
    int lines = 0;
    try (var context = new DeflateContext()) {
      for (int bits = 8; bits <= 15; bits++) {
        for (int size : new int[] {200, 1 << bits, (1 << bits) + 1, 40_000}) {
          var message = json(size);
          var deflate =
              PerMessageDeflate.of(
                  Role.SERVER, new DeflateParameters(true, true, bits, 15), Compression.shared());
          var sink = new RecordingSink();
          var connection =
              Connection.builder(Role.SERVER, new Random(1))
                  .compression(deflate, context)
                  .open(ignored -> {}, sink, 0);
          connection.send(message);
          line(input, bits, sink.take(), message.value());
          var batch = new Batch(Batching.defaults().maxBytes(1 << 20).joint("\n"));
          batch.offer(Prepared.of(message));
          batch.offer(Text.of("short"));
          batch.offer(Prepared.of(message));
          connection.send(batch);
          line(
              input,
              bits,
              sink.take(),
              String.join("\n", message.value(), "short", message.value()));
          lines += 2;
        }
      }
    }
    var process =
        new ProcessBuilder(node.toString(), "-e", SCRIPT).redirectErrorStream(true).start();
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.toString().getBytes(StandardCharsets.ISO_8859_1));
    }
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(said).isEqualTo("" + lines);
  }

  private static void line(StringBuilder input, int bits, byte[] frame, String plain) {
    var in = ByteBuffer.wrap(frame);
    assertThat(in.get()).isEqualTo((byte) 0xc1);
    int length = in.get();
    if (length == 126) {
      in.getShort();
    } else if (length == 127) {
      in.getLong();
    }
    var hex = HexFormat.of();
    input
        .append(bits)
        .append(' ')
        .append(hex.formatHex(frame, in.position(), frame.length))
        .append(' ')
        .append(hex.formatHex(plain.getBytes(StandardCharsets.UTF_8)))
        .append('\n');
  }

  private static Text json(int size) {
    var random = new Random(size);
    var text = new StringBuilder();
    while (text.length() < size) {
      text.append("{\"bid\":").append(random.nextInt(10_000)).append(",\"ask\":").append("1}");
    }
    return Text.of(text.substring(0, size));
  }

  /** Skips, or fails where nothing may be skipped, as module testing's components do. */
  private static Path node() {
    var path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    var found =
        Arrays.stream(path.split(File.pathSeparator))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, "node"))
            .filter(Files::isExecutable)
            .findFirst();
    if (found.isPresent()) {
      return found.get();
    }
    var missing = "missing component: node (Debian package nodejs)";
    var all = Optional.ofNullable(System.getenv("DUNLIN_REQUIRE_ALL")).orElse("0");
    return all.isEmpty() || all.equals("0")
        ? Assumptions.abort(missing)
        : Assertions.fail(missing + "; DUNLIN_REQUIRE_ALL=" + all + " demands it");
  }
}
