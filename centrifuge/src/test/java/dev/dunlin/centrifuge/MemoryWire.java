package dev.dunlin.centrifuge;

import dev.dunlin.server.internal.Wire;
import java.io.ByteArrayOutputStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The server's end of a connection in memory: what it writes is kept for the other end. */
final class MemoryWire implements Wire {

  private final Runnable arrived;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private long taken;
  private boolean stalled;
  boolean ended;
  boolean paused;
  int writes;
  long copiedBytes;
  long sharedBytes;

  /** What was handed over by reference last. */
  @Nullable ByteBuffer shared;

  /** What was written last, either way. */
  @Nullable ByteBuffer last;

  /** Where the peer seems to be. */
  private final SocketAddress remote;

  /** A wire that says when there is something for the other end. */
  MemoryWire(SocketAddress remote, Runnable arrived) {
    this.remote = remote;
    this.arrived = arrived;
  }

  /** The other end reads no more, or reads again. */
  void stall(boolean stall) {
    stalled = stall;
    if (!stall) {
      taken += out.size();
      arrived.run();
    }
  }

  byte[] take() {
    if (stalled) {
      return new byte[0];
    }
    var bytes = out.toByteArray();
    out.reset();
    return bytes;
  }

  private void add(ByteBuffer bytes) {
    var copy = new byte[bytes.remaining()];
    bytes.get(copy);
    out.writeBytes(copy);
    last = ByteBuffer.wrap(copy);
    writes++;
    if (!stalled) {
      taken += copy.length;
      arrived.run();
    }
  }

  @Override
  public void write(ByteBuffer bytes) {
    copiedBytes += bytes.remaining();
    add(bytes);
  }

  @Override
  public void share(ByteBuffer bytes) {
    sharedBytes += bytes.remaining();
    shared = bytes.duplicate();
    add(bytes);
  }

  @Override
  public boolean writable() {
    return !stalled;
  }

  @Override
  public long pending() {
    return stalled ? out.size() : 0;
  }

  @Override
  public long taken() {
    return taken;
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
    end();
  }

  @Override
  public void linger() {
    end();
  }

  @Override
  public void drop() {
    end();
  }

  private void end() {
    ended = true;
    arrived.run();
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote;
  }
}
