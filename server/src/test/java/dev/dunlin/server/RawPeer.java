package dev.dunlin.server;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A client made of a blocking socket and nothing else: does on the wire exactly what it is told.
 */
final class RawPeer implements AutoCloseable {

  /** A frame as it arrived. */
  record Frame(int opcode, byte[] payload) {
    int closeCode() {
      return ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
    }
  }

  final Socket socket;
  private final DataInputStream in;

  private RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(20_000);
    this.in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
  }

  static RawPeer connect(int port) throws IOException {
    return connect(port, 0);
  }

  static RawPeer connect(int port, int receiveBuffer) throws IOException {
    var socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    socket.setTcpNoDelay(true);
    return new RawPeer(socket);
  }

  static RawPeer open(int port, String path) throws IOException {
    return open(port, path, 0);
  }

  static RawPeer open(int port, String path, int receiveBuffer) throws IOException {
    var peer = connect(port, receiveBuffer);
    peer.write(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    var head = peer.head();
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new IOException("not upgraded: " + head);
    }
    return peer;
  }

  void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  static byte[] frame(int first, byte[] payload) {
    var out = new ByteArrayOutputStream();
    out.write(first);
    int size = payload.length;
    if (size < 126) {
      out.write(0x80 | size);
    } else if (size < 65536) {
      out.write(0x80 | 126);
      out.write(size >> 8);
      out.write(size);
    } else {
      out.write(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) size >> shift));
      }
    }
    byte[] key = {1, 2, 3, 4};
    out.writeBytes(key);
    for (int i = 0; i < size; i++) {
      out.write(payload[i] ^ key[i & 3]);
    }
    return out.toByteArray();
  }

  static byte[] text(String text) {
    return frame(0x81, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] close(int code) {
    return frame(0x88, new byte[] {(byte) (code >> 8), (byte) code});
  }

  /** Everything up to and including a blank line. */
  String head() throws IOException {
    var head = new StringBuilder();
    while (head.length() < 4 || head.lastIndexOf("\r\n\r\n") != head.length() - 4) {
      int octet = in.read();
      if (octet < 0) {
        return head.toString();
      }
      head.append((char) octet);
    }
    return head.toString();
  }

  String body(int size) throws IOException {
    return new String(in.readNBytes(size), StandardCharsets.UTF_8);
  }

  Frame read() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    long size = second & 0x7f;
    if (size == 126) {
      size = in.readUnsignedShort();
    } else if (size == 127) {
      size = in.readLong();
    }
    return new Frame(first & 0x0f, in.readNBytes((int) size));
  }

  String readText() throws IOException {
    return new String(read().payload(), StandardCharsets.UTF_8);
  }

  /** What is left to read until the server ends the transport; fails on a reset. */
  int drain() throws IOException {
    return in.readAllBytes().length;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
