package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A blocking socket that does what it is told, and reads only when it is told. */
final class RawClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final FrameReader reader;

  private RawClient(Socket socket, FrameReader reader) {
    this.socket = socket;
    this.reader = reader;
  }

  /** A connection over which nothing has been sent. */
  static RawClient connect(int port) throws IOException {
    return connect(port, 0);
  }

  /**
   * The same with a small window.
   *
   * @param receiveBuffer 0 for the kernel's default
   */
  static RawClient connect(int port, int receiveBuffer) throws IOException {
    var socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return new RawClient(socket, new FrameReader());
  }

  /** A WebSocket connection without compression. */
  static RawClient open(int port, String path) throws IOException {
    return open(port, path, 0, Optional.empty());
  }

  static RawClient open(int port, String path, int receiveBuffer, Optional<String> offer)
      throws IOException {
    var client = connect(port, receiveBuffer);
    try {
      client.send(Opening.request("localhost", path, offer));
      var agreed = Opening.Response.parse(client.head()).agreed();
      return new RawClient(client.socket, agreed.reader());
    } catch (IOException | RuntimeException e) {
      client.close();
      throw e;
    }
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void send(Frame frame) throws IOException {
    send(frame.bytes());
  }

  /** A response head, or what came of it before the end. */
  byte[] head() throws IOException {
    var head = new ByteArrayOutputStream();
    var in = socket.getInputStream();
    while (Opening.headBytes(head.toByteArray(), head.size()) == 0) {
      int octet = in.read();
      if (octet < 0) {
        break;
      }
      head.write(octet);
    }
    return head.toByteArray();
  }

  /** The status of the response, or 0 if the connection ended without one. */
  int status() throws IOException {
    var head = new String(head(), StandardCharsets.ISO_8859_1);
    return head.startsWith("HTTP/1.1 ") ? Integer.parseInt(head.substring(9, 12)) : 0;
  }

  /** What the server does next. */
  Event next() throws IOException {
    var buffer = new byte[1 << 14];
    while (reader.events().isEmpty()) {
      int count = socket.getInputStream().read(buffer);
      if (count < 0) {
        throw new IOException("the server has ended the connection");
      }
      reader.read(buffer, 0, count);
    }
    return reader.events().remove();
  }

  /** Reads until the server ends the connection; whether it did so without a reset. */
  boolean ends() {
    try {
      var buffer = new byte[1 << 14];
      var in = socket.getInputStream();
      while (in.read(buffer) >= 0) {}
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
