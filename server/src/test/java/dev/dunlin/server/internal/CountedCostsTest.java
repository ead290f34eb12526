package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a message costs, counted and not timed: the rules of docs/design/performance.md. */
class CountedCostsTest {

  private static final int IN_A_READ = 16;
  private static final Endpoint ECHO =
      session ->
          message -> {
            if (message instanceof Data data) {
              session.send(data);
            }
          };

  private final MemoryLane lane = new MemoryLane();

  private Conversation open(Endpoint endpoint, Wire wire) {
    var terms =
        new Terms(endpoint, Dispatch.INLINE, Limits.defaults(), Overflow.CLOSE, Budget.ofHeap());
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, wire, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  /** A read batch of masked text frames, direct as a loop's receive buffer is. */
  private static ByteBuffer batch(int bytes) {
    var batch = ByteBuffer.allocateDirect(IN_A_READ * (8 + bytes));
    for (int i = 0; i < IN_A_READ; i++) {
      batch.put((byte) 0x81);
      if (bytes < 126) {
        batch.put((byte) (0x80 | bytes));
      } else {
        batch.put((byte) (0x80 | 126)).putShort((short) bytes);
      }
      batch.putInt(0); // a key that changes nothing, so that the batch can be read again
      for (int k = 0; k < bytes; k++) {
        batch.put((byte) 'a');
      }
    }
    return batch.flip();
  }

  /** Counts what it is given and keeps nothing. */
  private static class CountingWire implements Wire {
    int writes;
    int shares;
    long bytes;

    @Override
    public void write(ByteBuffer out) {
      writes++;
      bytes += out.remaining();
      out.position(out.limit());
    }

    @Override
    public void share(ByteBuffer out) {
      shares++;
      bytes += out.remaining();
      out.position(out.limit());
    }

    @Override
    public boolean writable() {
      return true;
    }

    @Override
    public long pending() {
      return 0;
    }

    @Override
    public long taken() {
      return bytes;
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void close() {}

    @Override
    public void linger() {}

    @Override
    public void drop() {}

    @Override
    public SocketAddress remoteAddress() {
      return InetSocketAddress.createUnresolved("peer", 1);
    }
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  private static void turn(Conversation conversation, ByteBuffer batch) {
    conversation.receive(batch.rewind());
    conversation.received();
  }

  /** The least of some rounds: what a compiler or a first call allocates is not the message's. */
  private static double bytesPerMessage(Conversation conversation, int size) {
    var batch = batch(size);
    int turns = 500;
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 6; round++) {
      long before = allocated();
      for (int i = 0; i < turns; i++) {
        turn(conversation, batch);
      }
      least = Math.min(least, allocated() - before);
    }
    return (double) least / (turns * IN_A_READ);
  }

  @Test
  void anEchoedMessageAllocatesItsViewAndNothingElse() {
    var conversation = open(ECHO, new CountingWire());
    assertThat(bytesPerMessage(conversation, 16)).isLessThanOrEqualTo(48);
    assertThat(bytesPerMessage(conversation, 512)).isLessThanOrEqualTo(48);
  }

  @Test
  void aReadBatchCostsOneWrite() {
    var wire = new CountingWire();
    var conversation = open(ECHO, wire);
    var batch = batch(512);
    for (int i = 0; i < 10; i++) {
      turn(conversation, batch);
    }
    assertThat(wire.writes).isEqualTo(10);
    assertThat(wire.bytes).isEqualTo(10L * IN_A_READ * (4 + 512));
    assertThat(lane.tasks).isEmpty();
  }

  @Test
  void aSubscriberOfALargePublicationGetsNoCopyOfIt() {
    var wires = new ArrayList<CountingWire>();
    var sessions = new ArrayList<Session>();
    for (int i = 0; i < 50; i++) {
      wires.add(new CountingWire());
      sessions.add(open(session -> message -> {}, wires.get(i)));
    }
    var prepared = Prepared.of(List.of(Text.of("x".repeat(64 << 10))));
    publish(prepared, sessions);
    long before = allocated();
    publish(prepared, sessions);
    assertThat(allocated() - before).isLessThan(50 * 1024);
    assertThat(wires).allSatisfy(wire -> assertThat(wire.shares).isEqualTo(2));
  }

  @Test
  void aPublicationIsLaidOutOnceForAllSubscribersOfALane() {
    var first = new SpoilingWire();
    var others = new ArrayList<SpoilingWire>();
    var sessions = new ArrayList<Session>();
    sessions.add(open(session -> message -> {}, first));
    for (int i = 0; i < 50; i++) {
      others.add(new SpoilingWire());
      sessions.add(open(session -> message -> {}, others.get(i)));
    }
    var turn = IntStream.range(0, 16).<Data>mapToObj(i -> Text.of("publication " + i)).toList();
    publish(Prepared.of(turn), sessions);
    assertThat(first.got).isEqualTo((byte) 0x81);
    // what the first wire did to the bytes the others see too: nobody laid them out again
    assertThat(others).allSatisfy(wire -> assertThat(wire.got).isEqualTo(SPOILT));
    assertThat(others).allSatisfy(wire -> assertThat(wire.writes).isEqualTo(1));

    var next = Prepared.of(turn);
    publish(next, sessions);
    assertThat(first.got).as("the next publication is laid out").isEqualTo((byte) 0x81);
    sessions.getFirst().send(Text.of("of its own"));
    lane.turn();
    publish(next, sessions);
    assertThat(first.got).as("after something else it is again").isEqualTo((byte) 0x81);
  }

  @Test
  void aSubscriberAllocatesNothingForAPublication() {
    var sessions = new ArrayList<Session>();
    for (int i = 0; i < 100; i++) {
      sessions.add(open(session -> message -> {}, new CountingWire()));
    }
    var prepared = Prepared.of(Text.of("x".repeat(128)));
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 200; round++) {
      long before = allocated();
      for (int i = 0; i < sessions.size(); i++) {
        var unused = sessions.get(i).trySend(prepared);
      }
      lane.turn();
      least = Math.min(least, allocated() - before);
    }
    assertThat(least)
        .as("not one object each, which would be 16 bytes or more")
        .isLessThan(16L * sessions.size());
  }

  private static final byte SPOILT = 0;

  /** Spoils the bytes that it is given, once it has looked at the first of them. */
  private static final class SpoilingWire extends CountingWire {
    byte got;

    @Override
    public void write(ByteBuffer out) {
      got = out.get(out.position());
      out.put(out.position(), SPOILT);
      super.write(out);
    }
  }

  private void publish(Prepared prepared, List<Session> sessions) {
    sessions.forEach(session -> assertThat(session.trySend(prepared)).isTrue());
    assertThat(lane.tasks).hasSize(1);
    lane.turn();
  }
}
