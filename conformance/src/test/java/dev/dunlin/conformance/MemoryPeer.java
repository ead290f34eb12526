package dev.dunlin.conformance;

import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Sink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;

/** An engine in memory that echoes: no sockets, no threads, and time is a number. */
final class MemoryPeer implements Peer {

  /** What the suite needs: messages of 16 MiB, fragments of 64 octets, no pings of its own. */
  static final Limits RAISED =
      Limits.defaults().maxMessageBytes(32 << 20).maxFragments(1 << 17).pingInterval(Duration.ZERO);

  private final Agreed agreed;
  private final Gathering sink = new Gathering();
  private final Connection connection;
  private byte[] scratch = new byte[256];
  private long now;

  MemoryPeer(Agreed agreed, Connection.Builder builder) {
    this.agreed = agreed;
    this.connection = builder.open(this::echo, sink, now);
  }

  /** A connection without compression. */
  static MemoryPeer plain(Limits limits) {
    return new MemoryPeer(
        Agreed.NOTHING, Connection.builder(Role.SERVER, new Random(1)).limits(limits));
  }

  private void echo(Message message) {
    if (message instanceof Data data) {
      connection.send(data);
    }
  }

  Connection connection() {
    return connection;
  }

  @Override
  public Agreed agreed() {
    return agreed;
  }

  @Override
  public void send(byte[] bytes, int offset, int length) {
    if (scratch.length < length) {
      scratch = new byte[length];
    }
    System.arraycopy(bytes, offset, scratch, 0, length);
    connection.receive(ByteBuffer.wrap(scratch, 0, length), now);
    // a view of the receive buffer that is kept must not go unnoticed
    Arrays.fill(scratch, 0, length, (byte) 0xee);
  }

  @Override
  public State receive(FrameReader reader, Patience patience) {
    var bytes = sink.take();
    if (bytes.length > 0) {
      reader.read(bytes, 0, bytes.length);
      return State.DATA;
    }
    return connection.finished() ? State.ENDED : State.QUIET;
  }

  @Override
  public void pause() {
    now += 1_000_000_000L;
    connection.tick(now);
  }

  @Override
  public void close() {
    if (!connection.finished()) {
      connection.lost("the suite has gone");
    }
  }

  /** Keeps what a connection sends until it is taken. */
  static final class Gathering implements Sink {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private ByteBuffer room = ByteBuffer.allocate(256);

    @Override
    public ByteBuffer room(int bytes) {
      settle();
      if (room.capacity() < bytes) {
        room = ByteBuffer.allocate(bytes);
      }
      return room.clear();
    }

    private void settle() {
      out.write(room.array(), 0, room.position());
      room.clear();
    }

    @Override
    public void share(ByteBuffer bytes) {
      settle();
      var copy = new byte[bytes.remaining()];
      bytes.get(bytes.position(), copy);
      out.writeBytes(copy);
    }

    byte[] take() {
      settle();
      var bytes = out.toByteArray();
      out.reset();
      return bytes;
    }
  }
}
