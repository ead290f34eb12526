package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A raw client over a socket. A thread of its own takes in what the server sends. */
final class SocketPeer implements Peer {

  private static final byte[] END = new byte[0];
  private static final byte[] RESET = new byte[0];

  private final Socket socket;
  private final OutputStream out;
  private final Agreed agreed;
  private final LinkedBlockingQueue<byte[]> arrived = new LinkedBlockingQueue<>();
  private State over = State.QUIET;

  /** A peer on a connection whose response head and the bytes after it have been read. */
  private SocketPeer(Socket socket, Agreed agreed, byte[] rest) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    this.agreed = agreed;
    if (rest.length > 0) {
      arrived.add(rest);
    }
    var in = socket.getInputStream();
    Thread.ofVirtual().start(() -> takeIn(in));
  }

  static SocketPeer open(Target target, Optional<String> offer) throws IOException {
    var socket = target.connect();
    try {
      socket.setSoTimeout((int) Patience.LONG.millis());
      socket.getOutputStream().write(Opening.request(target.hostHeader(), target.path(), offer));
      var head = new ByteArrayOutputStream();
      var bytes = head(socket.getInputStream(), head);
      int length = Opening.headBytes(bytes, bytes.length);
      var agreed = Opening.Response.parse(Arrays.copyOf(bytes, length)).agreed();
      socket.setSoTimeout(0);
      return new SocketPeer(socket, agreed, Arrays.copyOfRange(bytes, length, bytes.length));
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static byte[] head(InputStream in, ByteArrayOutputStream head) throws IOException {
    var buffer = new byte[4096];
    while (Opening.headBytes(head.toByteArray(), head.size()) == 0) {
      int count = in.read(buffer);
      if (count < 0) {
        throw new IOException("the server closed the connection after " + head);
      }
      head.write(buffer, 0, count);
    }
    return head.toByteArray();
  }

  private void takeIn(InputStream in) {
    var buffer = new byte[1 << 16];
    try {
      int count;
      while ((count = in.read(buffer)) >= 0) {
        arrived.add(Arrays.copyOf(buffer, count));
      }
      arrived.add(END);
    } catch (IOException e) {
      // a reset, or our own close; either way nothing more comes
      arrived.add(RESET);
    }
  }

  @Override
  public Agreed agreed() {
    return agreed;
  }

  @Override
  public void send(byte[] bytes, int offset, int length) {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      // the server has gone: the reader will see how
    }
  }

  @Override
  public State receive(FrameReader reader, Patience patience) throws InterruptedException {
    if (over != State.QUIET) {
      return over;
    }
    var bytes = arrived.poll(patience.millis(), TimeUnit.MILLISECONDS);
    if (bytes == null) {
      return State.QUIET;
    }
    if (bytes == END || bytes == RESET) {
      over = bytes == END ? State.ENDED : State.RESET;
      return over;
    }
    reader.read(bytes, 0, bytes.length);
    return State.DATA;
  }

  /** Time passes where the runner waits for nothing to happen. */
  @Override
  public void pause() {}

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
