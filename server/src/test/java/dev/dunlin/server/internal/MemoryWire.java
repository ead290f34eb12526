package dev.dunlin.server.internal;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/** A wire that keeps what is written to it and counts how it was. */
final class MemoryWire implements Wire {

  final ByteArrayOutputStream written = new ByteArrayOutputStream();
  int writes;
  boolean stuck;
  boolean paused;
  boolean failing;
  boolean closed;
  boolean lingering;
  boolean dropped;
  private long pending;

  @Override
  public void write(ByteBuffer bytes) {
    if (failing) {
      throw new IllegalStateException("the test says so");
    }
    writes++;
    if (stuck) {
      pending += bytes.remaining();
    }
    while (bytes.hasRemaining()) {
      written.write(bytes.get());
    }
  }

  @Override
  public void share(ByteBuffer bytes) {
    write(bytes);
  }

  @Override
  public boolean writable() {
    return pending == 0;
  }

  @Override
  public long pending() {
    return pending;
  }

  @Override
  public long taken() {
    return written.size() - pending;
  }

  /** The peer reads again. */
  void release(Conversation conversation) {
    stuck = false;
    pending = 0;
    conversation.writable();
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public void linger() {
    lingering = true;
  }

  @Override
  public void drop() {
    dropped = true;
  }

  @Override
  public SocketAddress remoteAddress() {
    return InetSocketAddress.createUnresolved("peer", 1);
  }
}
