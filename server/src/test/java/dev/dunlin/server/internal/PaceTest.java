package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Role;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PaceTest {

  private final MemoryLane lane = new MemoryLane();
  private final List<Message> heard = new ArrayList<>();

  private Conversation open(Limits limits) {
    var terms =
        new Terms(session -> heard::add, Dispatch.INLINE, limits, Overflow.CLOSE, Budget.ofHeap());
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, new MemoryWire(), terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  private static void text(Conversation conversation, int size) {
    var frame = new byte[6 + size];
    frame[0] = (byte) 0x81;
    frame[1] = (byte) (0x80 | size);
    conversation.receive(ByteBuffer.wrap(frame));
    conversation.received();
  }

  @Test
  void theMessageBeyondTheRateClosesWith1008() {
    var session = open(Limits.defaults().maxMessagesPerSecond(50));
    for (int second = 0; second < 3; second++) {
      for (int i = 0; i < 50; i++) {
        text(session, 1);
      }
      assertThat(session.open()).isTrue();
      lane.pass(1_000_000_000L);
    }
    for (int i = 0; i < 50; i++) {
      text(session, 1);
    }
    assertThat(session.open()).isTrue();
    text(session, 1);
    assertThat(session.open()).isFalse();
    assertThat(heard).hasSize(200);
  }

  @Test
  void theByteBeyondTheRateClosesWith1008() {
    var session = open(Limits.defaults().maxBytesPerSecond(300));
    text(session, 100);
    text(session, 100);
    text(session, 100);
    assertThat(session.open()).isTrue();
    text(session, 1);
    assertThat(session.open()).isFalse();
    assertThat(heard).hasSize(3);
  }

  @Test
  void aSteadyPeerMaySendForEver() {
    var session =
        open(
            Limits.defaults()
                .maxMessagesPerSecond(10)
                .maxBytesPerSecond(1000)
                .pingInterval(Duration.ZERO));
    for (int i = 0; i < 1000; i++) {
      lane.pass(100_000_000L);
      text(session, 100);
    }
    assertThat(session.open()).isTrue();
    assertThat(heard).hasSize(1000);
  }
}
