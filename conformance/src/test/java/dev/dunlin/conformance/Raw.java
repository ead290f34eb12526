package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;

/** A client that reads and writes only when told to, over a socket with buffers of its choice. */
final class Raw implements AutoCloseable {

  private final Socket socket = new Socket();

  /**
   * Connects and shakes hands.
   *
   * @param receiveBuffer of the kernel, in bytes; 0 for its own choice
   */
  Raw(Target target, int receiveBuffer, Optional<String> offer) throws IOException {
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      socket.connect(new InetSocketAddress(target.host(), target.port()));
      write(Opening.request(target.hostHeader(), target.path(), offer));
      var head = head();
      if (!head.startsWith("HTTP/1.1 101")) {
        throw new IOException(head);
      }
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Byte by byte, so that nothing behind it is taken. */
  private String head() throws IOException {
    var head = new ByteArrayOutputStream(256);
    var in = socket.getInputStream();
    while (Opening.headBytes(head.toByteArray(), head.size()) == 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the server closed after: " + head);
      }
      head.write(next);
    }
    return head.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  void write(byte[] bytes) throws IOException {
    write(bytes, 0, bytes.length);
  }

  void write(byte[] bytes, int offset, int length) throws IOException {
    socket.getOutputStream().write(bytes, offset, length);
  }

  /** Exactly so many bytes, or {@link java.io.EOFException}. */
  byte[] read(int count) throws IOException {
    var bytes = new byte[count];
    new DataInputStream(socket.getInputStream()).readFully(bytes);
    return bytes;
  }

  /** All until the server ends the connection. */
  byte[] readToEnd() throws IOException {
    return socket.getInputStream().readAllBytes();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
