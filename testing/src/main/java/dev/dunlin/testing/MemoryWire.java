package dev.dunlin.testing;

import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.Wire;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A socket in memory, with the faults that sockets have. Used on the lane only, like any wire.
 *
 * <p>What the server writes goes to the peer at once, unless the peer has stalled: then a buffer as
 * large as a kernel's fills, and the rest is pending.
 */
final class MemoryWire implements Wire {

  private static final int MOST_PENDING = 64 << 10;

  private final MemoryLane lane;
  private final int bufferBytes;
  private final Consumer<ByteBuffer> peer;
  private final Runnable peerSeesEnd;
  private final ArrayDeque<ByteBuffer> outgoing = new ArrayDeque<>();
  private final ArrayDeque<ByteBuffer> incoming = new ArrayDeque<>();
  private @Nullable Conversation conversation;
  private long written;
  private long delivered;
  private boolean stalled;
  private boolean paused;
  private boolean closing;
  private boolean lingering;
  private boolean ended;

  /**
   * A wire.
   *
   * @param peer takes the bytes that the server sends
   * @param peerSeesEnd called when the server has ended its side
   */
  MemoryWire(MemoryLane lane, int bufferBytes, Consumer<ByteBuffer> peer, Runnable peerSeesEnd) {
    this.lane = lane;
    this.bufferBytes = bufferBytes;
    this.peer = peer;
    this.peerSeesEnd = peerSeesEnd;
  }

  void begin(Conversation begun) {
    conversation = begun;
  }

  private Conversation conversation() {
    var known = conversation;
    if (known == null) {
      throw new IllegalStateException("the wire leads nowhere yet");
    }
    return known;
  }

  // ---- the peer's side

  /** Bytes of the peer arrive. */
  void arrive(ByteBuffer bytes) {
    if (ended || lingering) {
      return;
    }
    if (paused) {
      incoming.add(bytes);
      return;
    }
    conversation().receive(bytes);
    conversation().received();
  }

  /** The peer reads no more, or reads again. */
  void stall(boolean stop) {
    stalled = stop;
    if (!stop && !ended) {
      deliver();
      lane.execute(() -> conversation().writable());
    }
  }

  /** The peer is gone, with or without a word of its transport. */
  void peerEnds(String detail) {
    if (!ended) {
      ended = true;
      outgoing.clear();
      lane.execute(() -> conversation().lost(detail));
    }
  }

  private void deliver() {
    while (!stalled && !outgoing.isEmpty()) {
      var bytes = outgoing.removeFirst();
      delivered += bytes.remaining();
      peer.accept(bytes);
    }
    if (outgoing.isEmpty() && (closing || lingering) && !ended) {
      peerSeesEnd.run();
      if (closing) {
        peerEnds("closed");
      }
    }
  }

  // ---- the server's side

  @Override
  public void write(ByteBuffer bytes) {
    if (ended || closing || lingering) {
      return;
    }
    written += bytes.remaining();
    var copy = ByteBuffer.allocate(bytes.remaining());
    copy.put(bytes).flip();
    outgoing.add(copy);
    deliver();
  }

  @Override
  public void share(ByteBuffer bytes) {
    write(bytes);
  }

  @Override
  public boolean writable() {
    return pending() < MOST_PENDING;
  }

  @Override
  public long pending() {
    return Math.max(0, written - delivered - bufferBytes);
  }

  @Override
  public long taken() {
    return written - pending();
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    while (!paused && !incoming.isEmpty()) {
      arrive(incoming.removeFirst());
    }
  }

  @Override
  public void close() {
    closing = true;
    deliver();
  }

  @Override
  public void linger() {
    lingering = true;
    deliver();
  }

  @Override
  public void drop() {
    if (!ended) {
      peerSeesEnd.run();
      peerEnds("dropped");
    }
  }

  @Override
  public SocketAddress remoteAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
  }
}
