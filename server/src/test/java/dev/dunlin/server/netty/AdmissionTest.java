package dev.dunlin.server.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Limits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who is let in, with times in the test's hands. */
class AdmissionTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final SocketAddress SOMEWHERE = address(1);

  private static SocketAddress address(int last) {
    try {
      byte[] bytes = {10, 0, 0, (byte) last};
      return new InetSocketAddress(InetAddress.getByAddress(bytes), 1000);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static int enter(Admission admission, int tries, long now) {
    int entered = 0;
    for (int i = 0; i < tries; i++) {
      entered += admission.enter(SOMEWHERE, now) ? 1 : 0;
    }
    return entered;
  }

  private static Limits perSecond(int connections) {
    return Limits.defaults()
        .maxConnectionsPerAddress(0)
        .maxNewConnectionsPerSecondPerAddress(0)
        .maxNewConnectionsPerSecond(connections);
  }

  @Test
  void aSecondsWorthMayComeAtOnceAndThenTheMeanRate() {
    var admission = new Admission(perSecond(100));
    long now = 5 * SECOND;
    assertThat(enter(admission, 300, now)).isEqualTo(100);
    assertThat(enter(admission, 300, now + SECOND / 10)).isEqualTo(10);
    assertThat(enter(admission, 300, now + SECOND / 5)).isEqualTo(10);
    assertThat(enter(admission, 300, now + 60 * SECOND)).isEqualTo(100);
  }

  @Test
  void thoseRefusedDelayNobody() {
    var admission = new Admission(perSecond(1));
    assertThat(enter(admission, 1, 10 * SECOND)).isEqualTo(1);
    assertThat(enter(admission, 1_000, 10 * SECOND + SECOND / 2)).isZero();
    assertThat(enter(admission, 1, 11 * SECOND)).isEqualTo(1);
  }

  @Test
  void noLimitIsNone() {
    assertThat(enter(new Admission(perSecond(0)), 10_000, 1)).isEqualTo(10_000);
  }

  @Test
  void anAddressHasItsOwnLimitAndGetsItsPlacesBack() {
    var admission = new Admission(Limits.defaults().maxConnectionsPerAddress(2));
    assertThat(enter(admission, 5, SECOND)).isEqualTo(2);
    assertThat(admission.enter(address(2), SECOND)).isTrue();
    admission.left(SOMEWHERE);
    assertThat(enter(admission, 5, SECOND)).isEqualTo(1);
  }

  @Test
  void theLimitInAllHoldsForAllAddresses() {
    var admission = new Admission(Limits.defaults().maxConnections(2));
    assertThat(admission.enter(address(1), SECOND)).isTrue();
    assertThat(admission.enter(address(2), SECOND)).isTrue();
    assertThat(admission.enter(address(3), SECOND)).isFalse();
    admission.left(address(1));
    assertThat(admission.enter(address(3), SECOND)).isTrue();
  }

  @Test
  void otherLimitsCountThoseWhoAreThere() {
    var admission = new Admission(Limits.defaults().maxConnections(2));
    assertThat(admission.enter(address(1), SECOND)).isTrue();
    assertThat(admission.enter(address(2), SECOND)).isTrue();
    admission.limits(Limits.defaults().maxConnections(1));
    admission.left(address(1));
    assertThat(admission.enter(address(3), SECOND)).isFalse();
    admission.limits(Limits.defaults().maxConnections(10).maxConnectionsPerAddress(1));
    assertThat(admission.enter(address(2), SECOND)).isFalse();
    assertThat(admission.enter(address(3), SECOND)).isTrue();
  }

  @Test
  void anAddressHasItsOwnRateAndOthersAreUnharmed() {
    var now = new long[] {SECOND};
    var limits =
        Limits.defaults().maxConnectionsPerAddress(0).maxNewConnectionsPerSecondPerAddress(20);
    var admission = new Admission(limits, () -> now[0]);
    assertThat(enter(admission, 100, now[0])).isEqualTo(20);
    assertThat(admission.enter(address(2), now[0])).isTrue();
    now[0] += SECOND / 20;
    assertThat(enter(admission, 100, now[0])).isEqualTo(1);
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    for (int i = 0; i < 100; i++) {
      assertThat(admission.enter(loopback, now[0])).isTrue();
    }
  }

  @Test
  void handshakesHaveARateOfTheirOwn() {
    var admission = new Admission(Limits.defaults().maxTlsHandshakesPerSecond(10));
    int begun = 0;
    for (int i = 0; i < 50; i++) {
      begun += admission.mayShakeHands(SECOND) ? 1 : 0;
    }
    assertThat(begun).isEqualTo(10);
    assertThat(admission.mayShakeHands(SECOND + SECOND / 10)).isTrue();
    assertThat(admission.mayShakeHands(SECOND + SECOND / 10)).isFalse();
    assertThat(enter(admission, 50, SECOND)).as("without TLS").isEqualTo(50);
  }
}
