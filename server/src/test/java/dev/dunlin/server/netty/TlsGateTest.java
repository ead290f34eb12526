package dev.dunlin.server.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which handshakes are read while two may be under way. */
class TlsGateTest {

  private final AtomicInteger tooLong = new AtomicInteger();
  private final TlsGate gate = new TlsGate(2, tooLong::incrementAndGet);
  private final List<EmbeddedChannel> channels = new ArrayList<>();

  private EmbeddedChannel enter() throws Exception {
    var engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(false);
    var handler = new SslHandler(engine);
    var channel = new EmbeddedChannel(handler);
    channels.add(channel);
    gate.enter(channel, handler);
    return channel;
  }

  /** Ends a handshake: here by the end of its connection. */
  private void ends(EmbeddedChannel channel) {
    channel.close();
    channels.forEach(EmbeddedChannel::runPendingTasks);
  }

  private List<Boolean> read() {
    return channels.stream().map(channel -> channel.config().isAutoRead()).toList();
  }

  @AfterEach
  void closeAll() {
    channels.forEach(EmbeddedChannel::finishAndReleaseAll);
  }

  @Test
  void thoseBeyondTheBoundWaitInTheirOrder() throws Exception {
    var first = enter();
    enter();
    enter();
    enter();
    assertThat(read()).containsExactly(true, true, false, false);
    ends(first);
    assertThat(read().subList(1, 4)).containsExactly(true, true, false);
  }

  @Test
  void oneThatGivesUpWhileItWaitsFreesNoPlace() throws Exception {
    enter();
    enter();
    var gone = enter();
    enter();
    ends(gone);
    assertThat(read().get(3)).isFalse();
  }

  @Test
  void aPlaceThatNobodyWaitsForIsFree() throws Exception {
    ends(enter());
    ends(enter());
    ends(enter());
    enter();
    enter();
    enter();
    assertThat(read().subList(3, 6)).containsExactly(true, true, false);
  }

  @Test
  void whoWaitsForTwoSecondsIsClosedAndFreesNoPlace() throws Exception {
    var first = enter();
    enter();
    var late = enter();
    late.freezeTime();
    late.advanceTimeBy(1_999, TimeUnit.MILLISECONDS);
    late.runScheduledPendingTasks();
    assertThat(late.isOpen()).isTrue();
    late.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    late.runScheduledPendingTasks();
    assertThat(late.isOpen()).isFalse();
    assertThat(tooLong.get()).isEqualTo(1);
    enter();
    assertThat(read().get(3)).as("two are still under way").isFalse();
    ends(first);
    assertThat(read().get(3)).isTrue();
  }

  @Test
  void whoseTurnHasComeIsNotClosedForHavingWaited() throws Exception {
    var first = enter();
    enter();
    var patient = enter();
    patient.freezeTime();
    ends(first);
    assertThat(patient.config().isAutoRead()).isTrue();
    patient.advanceTimeBy(5, TimeUnit.SECONDS);
    patient.runScheduledPendingTasks();
    assertThat(patient.isOpen()).isTrue();
    assertThat(tooLong.get()).isZero();
  }
}
