package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Connections that share what their unfinished messages may take. */
class ByteBudgetTest {

  private final ByteBudget budget = new ByteBudget(1_000);
  private final Recorder recorder = new Recorder();

  private Connection open() {
    return Connection.builder(Role.SERVER, new Random(1))
        .budget(budget)
        .open(recorder, new RecordingSink(), 0);
  }

  /** A fragment with a mask of zeros. */
  private static ByteBuffer fragment(int first, int size) {
    var frame = ByteBuffer.allocate(8 + size).put((byte) first);
    if (size < 126) {
      frame.put((byte) (0x80 | size));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) size);
    }
    int header = frame.putInt(0).position();
    return frame.position(0).limit(header + size);
  }

  @Test
  void messagesInOnePieceTakeNothing() {
    var connection = open();
    connection.receive(fragment(0x82, 5_000), 0);
    assertThat(recorder.messages).hasSize(1);
    assertThat(budget.used()).isZero();
  }

  @Test
  void whatIsGatheredCountsUntilItsMessageIsComplete() {
    var connection = open();
    connection.receive(fragment(0x02, 400), 0);
    assertThat(budget.used()).isEqualTo(400);
    connection.receive(fragment(0x00, 400), 0);
    assertThat(budget.used()).isEqualTo(800);
    connection.receive(fragment(0x80, 0), 0);
    assertThat(((Binary) recorder.messages.get(0)).size()).isEqualTo(800);
    assertThat(budget.used()).isZero();
    assertThat(connection.open()).isTrue();
  }

  @Test
  void beyondItAConnectionClosesBeforeMemoryIsTaken() {
    var first = open();
    var second = open();
    first.receive(fragment(0x02, 600), 0);
    second.receive(fragment(0x02, 600), 0);
    var closed = second.closed().orElseThrow();
    assertThat(closed.sent().orElseThrow().code()).isEqualTo(CloseCode.TRY_AGAIN_LATER);
    assertThat(first.open()).isTrue();
    assertThat(budget.used()).isEqualTo(600);
  }

  @Test
  void whoeverGoesGivesBackWhatItTook() {
    var lost = open();
    lost.receive(fragment(0x02, 600), 0);
    lost.lost("cut");
    assertThat(budget.used()).isZero();
    var violating = open();
    violating.receive(fragment(0x02, 600), 0);
    violating.receive(fragment(0x83, 0), 0);
    assertThat(violating.finished()).isTrue();
    assertThat(budget.used()).isZero();
  }

  @Test
  void whoIsKnownCountsNoMore() {
    var connection = open();
    connection.receive(fragment(0x02, 600), 0);
    connection.unbudgeted();
    assertThat(budget.used()).isZero();
    connection.receive(fragment(0x00, 60_000), 0);
    assertThat(connection.open()).isTrue();
    assertThat(budget.used()).isZero();
  }
}
