package dev.dunlin.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** RFC 6455 as a load generator needs it: bytes made beforehand, no library in between. */
final class Wire {

  static final int FIN_TEXT = 0x81;
  static final int RSV1 = 0x40;
  private static final int KEY = 0x01020304;

  private Wire() {}

  /** The octets of a frame, masked as a client's or plain as a server's. */
  static byte[] frame(int first, byte[] payload, boolean masked) {
    var out = ByteBuffer.allocate(14 + payload.length);
    out.put((byte) first);
    int mask = masked ? 0x80 : 0;
    if (payload.length < 126) {
      out.put((byte) (payload.length | mask));
    } else if (payload.length < 65536) {
      out.put((byte) (126 | mask)).putShort((short) payload.length);
    } else {
      out.put((byte) (127 | mask)).putLong(payload.length);
    }
    if (masked) {
      out.putInt(KEY);
    }
    for (int i = 0; i < payload.length; i++) {
      out.put((byte) (payload[i] ^ (masked ? KEY >>> (24 - 8 * (i & 3)) : 0)));
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  /** ASCII text of a size. */
  static byte[] text(int bytes) {
    var text = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      text[i] = (byte) ('a' + i % 26);
    }
    return text;
  }

  static byte[] repeated(byte[] bytes, int times) {
    var all = new byte[bytes.length * times];
    for (int i = 0; i < times; i++) {
      System.arraycopy(bytes, 0, all, i * bytes.length, bytes.length);
    }
    return all;
  }

  /** What a browser sends; the key is fixed, so that the raw C server knows the answer. */
  static ByteBuffer request(String path, boolean deflate) {
    var head =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + (deflate
                ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                : "")
            + "\r\n";
    return ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII));
  }

  static SocketChannel connect(int port) throws IOException {
    var channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    return channel;
  }

  /** Reads the answer to a request, and not one octet more. */
  static String answer(SocketChannel channel) throws IOException {
    var head = new StringBuilder();
    var one = ByteBuffer.allocate(1);
    while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
      one.clear();
      if (channel.read(one) < 0) {
        throw new IOException("a handshake was refused without an answer");
      }
      head.append((char) one.get(0));
    }
    if (!head.toString().startsWith("HTTP/1.1 101")) {
      throw new IOException("a handshake was answered with " + head);
    }
    return head.toString();
  }

  static void writeAll(SocketChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        Thread.onSpinWait();
      }
    }
  }
}
