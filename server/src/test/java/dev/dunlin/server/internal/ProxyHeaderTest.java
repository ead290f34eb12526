package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {

  private static ProxyHeader read(byte[] bytes) {
    return ProxyHeader.read(ByteBuffer.wrap(bytes));
  }

  private static byte[] line(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] binary(int command, int family, String rest) {
    var body = HexFormat.of().parseHex(rest);
    var out = new ByteArrayOutputStream();
    out.writeBytes(HexFormat.of().parseHex("0d0a0d0a000d0a515549540a"));
    out.write(command);
    out.write(family);
    out.write(body.length >> 8);
    out.write(body.length);
    out.writeBytes(body);
    return out.toByteArray();
  }

  private static byte[] followed(byte[] header) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(header);
    out.writeBytes(line("GET / HTTP/1.1\r\n"));
    return out.toByteArray();
  }

  private static void names(byte[] header, String address, int port) {
    var expected =
        new ProxyHeader.Complete(header.length, Optional.of(new InetSocketAddress(address, port)));
    assertThat(read(header)).isEqualTo(expected);
    assertThat(read(followed(header))).isEqualTo(expected);
    for (int size = 0; size < header.length; size++) {
      assertThat(ProxyHeader.read(ByteBuffer.wrap(header, 0, size)))
          .isEqualTo(new ProxyHeader.NeedMore());
    }
  }

  @Test
  void bothVersionsNameTheClient() {
    names(line("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"), "192.0.2.1", 56_324);
    names(line("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"), "2001:db8::1", 1);
    names(binary(0x21, 0x11, "c0000201c6336407dc0401bb"), "192.0.2.1", 56_324);
    names(
        binary(
            0x21,
            0x21,
            "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "000101bb"),
        "2001:db8::1",
        1);
    // with more behind the addresses, as AWS and HAProxy write it
    names(binary(0x21, 0x11, "c0000201c6336407dc0401bb" + "030004a9b87e8f"), "192.0.2.1", 56_324);
  }

  @Test
  void aProxyMaySpeakForItself() {
    for (var header :
        new byte[][] {
          line("PROXY UNKNOWN\r\n"),
          line("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"),
          binary(0x20, 0x00, ""),
          binary(0x21, 0x31, "00".repeat(216))
        }) {
      assertThat(read(followed(header)))
          .isEqualTo(new ProxyHeader.Complete(header.length, Optional.empty()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 056324 443\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.7 56324 443\r\n",
        "PROXY TCP4 example.org 198.51.100.7 56324 443\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.7 56324 443\r\n",
        "PROXY  TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.7 56324 443\r\n"
      })
  void otherLinesAreRefused(String text) {
    assertThat(read(line(text))).isInstanceOf(ProxyHeader.Malformed.class);
  }

  @Test
  void otherBinaryHeadersAreRefused() {
    assertThat(read(binary(0x11, 0x11, "c0000201c6336407dc0401bb")))
        .isInstanceOf(ProxyHeader.Malformed.class);
    assertThat(read(binary(0x22, 0x11, "c0000201c6336407dc0401bb")))
        .isInstanceOf(ProxyHeader.Malformed.class);
    assertThat(read(binary(0x21, 0x11, "c0000201c6336407dc04")))
        .isInstanceOf(ProxyHeader.Malformed.class);
    assertThat(read(binary(0x21, 0x11, "00".repeat(2033))))
        .isInstanceOf(ProxyHeader.Malformed.class);
    assertThat(read(HexFormat.of().parseHex("0d0a0d0b"))).isInstanceOf(ProxyHeader.Malformed.class);
  }

  @Test
  void nothingThatIsEndlessIsWaitedFor() {
    assertThat(read(line("PROXY " + "9".repeat(200)))).isInstanceOf(ProxyHeader.Malformed.class);
  }

  @Test
  void randomBytesAreJudgedWithoutAnException() {
    var random = new SplittableRandom(5);
    var valid = binary(0x21, 0x11, "c0000201c6336407dc0401bb");
    for (int i = 0; i < 50_000; i++) {
      var bytes = i % 2 == 0 ? valid.clone() : line("PROXY TCP4 192.0.2.1 1.1.1.1 5 443\r\n");
      for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      assertThat(read(bytes)).isNotNull();
    }
  }
}
