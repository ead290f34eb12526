package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.SessionClosedException;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a lane counts. */
class MeterTest {

  private static final Limits FOUR = Limits.defaults().outboundMessages(4);

  private final MemoryLane lane = new MemoryLane();
  private final MemoryWire wire = new MemoryWire();
  private final Meter meter = lane.meter();

  private Conversation open(Overflow overflow) {
    var terms =
        new Terms(session -> message -> {}, Dispatch.INLINE, FOUR, overflow, Budget.ofHeap());
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, wire, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  @Test
  void everyMessageThatDropNewestRefusesIsCounted() {
    var session = open(Overflow.DROP_NEWEST);
    for (int i = 0; i < 7; i++) {
      session.trySend(Text.of("m" + i));
    }
    session.trySend(Prepared.of(List.of(Text.of("a"), Text.of("b"))));
    assertThat(meter.droppedMessages()).isEqualTo(3 + 2);
  }

  @Test
  void whatSendDropsOnALoopIsCounted() {
    var session = open(Overflow.DROP_NEWEST);
    for (int i = 0; i < 11; i++) {
      session.send(Text.of("m" + i)); // on a loop up to twice the limit
    }
    assertThat(meter.droppedMessages()).isEqualTo(3);
  }

  @Test
  void everyMessageThatDropOldestLosesIsCounted() {
    var session = open(Overflow.DROP_OLDEST);
    for (int i = 0; i < 10; i++) {
      assertThat(session.trySend(Text.of("m" + i))).isTrue();
    }
    assertThat(meter.droppedMessages()).isEqualTo(6);
  }

  @Test
  void aConflatedMessageIsCountedApart() {
    var session = open(Overflow.conflate(Data::size));
    for (int i = 0; i < 5; i++) {
      session.trySend(Text.of("m" + i));
    }
    assertThat(meter.conflatedMessages()).isEqualTo(4);
    assertThat(meter.droppedMessages()).isZero();
  }

  @Test
  void aSlowConsumerIsCountedByCauseAndCode() {
    var session = open(Overflow.CLOSE);
    wire.stuck = true;
    for (int i = 0; i < 10; i++) {
      session.trySend(Text.of("m" + i));
    }
    assertThatThrownBy(() -> session.send(Text.of("late")))
        .isInstanceOf(SessionClosedException.class);
    lane.turn();
    lane.pass(20_000_000_000L);
    var ends = new HashMap<Closed.Cause, Long>();
    meter.addEnds(ends);
    assertThat(ends).isEqualTo(Map.of(Closed.Cause.SLOW, 1L));
    var sent = new HashMap<Integer, Long>();
    meter.addClosesSent(sent);
    assertThat(sent).isEqualTo(Map.of(1013, 1L));
    assertThat(meter.droppedMessages()).isZero();
  }

  @Test
  void aTurnOfSendsIsOneWrite() {
    var session = open(Overflow.CLOSE);
    for (int i = 0; i < 4; i++) {
      session.trySend(Text.of("m" + i));
    }
    lane.turn();
    assertThat(meter.writes()).isEqualTo(1);
    assertThat(meter.traffic().sent().messages()).isEqualTo(4);
    assertThat(meter.traffic().sent().wireBytes()).isEqualTo(4 * 4);
  }

  @Test
  void howLateALoopIsIsKnownWhileItStandsStill() {
    meter.tickDue(1_000_000_000);
    assertThat(meter.lag(900_000_000)).isZero();
    assertThat(meter.lag(1_070_000_000)).isEqualTo(70_000_000);
    assertThat(meter.worstLag(1_070_000_000)).isEqualTo(70_000_000);
    meter.ticked(1_080_000_000);
    assertThat(meter.lag(1_090_000_000)).isEqualTo(80_000_000);
    assertThat(meter.stalls()).isEqualTo(1);
    meter.tickDue(2_000_000_000);
    meter.ticked(2_000_100_000);
    assertThat(meter.lag(2_000_200_000)).isEqualTo(100_000);
    assertThat(meter.worstLag(2_000_200_000)).isEqualTo(80_000_000);
    assertThat(meter.stalls()).isEqualTo(1);
    meter.idle();
    assertThat(meter.lag(3_000_000_000L)).isZero();
  }
}
