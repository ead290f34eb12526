package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Role;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The end of a conversation, with peers in memory that do it wrong and a clock that stands. */
class ClosingTest {

  private static final String OUR_CLOSE = "88050fa1627965"; // 4001 "bye"
  private static final String PEERS_CLOSE = "88820000000003e8"; // 1000
  private static final String PEERS_TEXT = "81810000000078";
  private static final long JUST_BEFORE = Duration.ofMillis(4_900).toNanos();

  private final MemoryLane lane = new MemoryLane();
  private final MemoryWire wire = new MemoryWire();
  private final AtomicInteger handled = new AtomicInteger();
  private final Conversation conversation = open(session -> message -> handled.incrementAndGet());

  private Conversation open(Endpoint endpoint) {
    var terms =
        new Terms(endpoint, Dispatch.INLINE, Limits.defaults(), Overflow.CLOSE, Budget.ofHeap());
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var opened = new Conversation(lane, wire, terms, agreement);
    opened.open(ByteBuffer.allocate(0));
    return opened;
  }

  private void receive(String hex) {
    conversation.receive(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    conversation.received();
    lane.turn();
  }

  private void close() {
    conversation.close(CloseCode.of(4001), "bye");
    lane.turn();
  }

  private String written() {
    return HexFormat.of().formatHex(wire.written.toByteArray());
  }

  private Closed story() {
    return conversation.closed().orElseThrow();
  }

  @Test
  void aPeerThatNeverAnswersIsCutOffAtTheLimit() {
    close();
    lane.pass(JUST_BEFORE);
    assertThat(conversation.closed()).isEmpty();
    lane.pass(Duration.ofMillis(300).toNanos());
    assertThat(story().cause()).isEqualTo(Closed.Cause.TIMEOUT);
    assertThat(story().code()).isEqualTo(CloseCode.ABNORMAL);
    assertThat(wire.closed).isTrue();
    assertThat(wire.dropped).isFalse();
    lane.pass(Duration.ofMillis(5_200).toNanos());
    assertThat(wire.dropped).as("where even the transport does not end").isTrue();
    assertThat(written()).isEqualTo(OUR_CLOSE);
  }

  @Test
  void aPeerThatKeepsSendingIsNotHeardAndGainsNoTime() {
    close();
    for (int i = 0; i < 49; i++) {
      receive(PEERS_TEXT);
      lane.pass(Duration.ofMillis(100).toNanos());
    }
    assertThat(conversation.closed()).isEmpty();
    lane.pass(Duration.ofMillis(300).toNanos());
    assertThat(story().cause()).isEqualTo(Closed.Cause.TIMEOUT);
    assertThat(handled).hasValue(0);
    assertThat(written()).isEqualTo(OUR_CLOSE);
  }

  @Test
  void bothSidesMayCloseAtOnce() {
    conversation.close(CloseCode.of(4001), "bye");
    receive(PEERS_CLOSE);
    assertThat(story().clean()).isTrue();
    assertThat(story().code()).isEqualTo(CloseCode.NORMAL);
    assertThat(wire.closed).as("the server ends TCP").isTrue();
    assertThat(written()).as("one close frame").startsWith("88").hasSize(OUR_CLOSE.length());
  }

  @Test
  void nothingIsHeardAfterThePeersClose() {
    receive(PEERS_CLOSE + PEERS_TEXT + PEERS_CLOSE);
    receive(PEERS_TEXT);
    assertThat(story().cause()).isEqualTo(Closed.Cause.PEER);
    assertThat(handled).as("the close alone").hasValue(1);
    assertThat(written()).isEqualTo("880203e8");
  }

  @Test
  void theEndOfTheTransportIs1006AndNothingIsWritten() {
    conversation.lost("connection reset");
    assertThat(story().cause()).isEqualTo(Closed.Cause.LOST);
    assertThat(story().code()).isEqualTo(CloseCode.ABNORMAL);
    assertThat(story().sent()).isEmpty();
    assertThat(written()).isEmpty();
  }
}
