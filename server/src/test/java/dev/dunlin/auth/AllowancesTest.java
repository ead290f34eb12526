package dev.dunlin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AllowancesTest {

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5_000_000_000L);
  private final Allowances sixPerMinute = Allowances.of(6, Duration.ofMinutes(1), 1000, clock::get);

  private void seconds(long seconds) {
    clock.addAndGet(seconds * 1_000_000_000L);
  }

  @Test
  void theOneBeyondIsRefusedAndComesBackInTime() {
    for (int i = 0; i < 6; i++) {
      assertThat(sixPerMinute.exhausted("ann")).isFalse();
      assertThat(sixPerMinute.take("ann")).isTrue();
    }
    assertThat(sixPerMinute.exhausted("ann")).isTrue();
    assertThat(sixPerMinute.take("ann")).isFalse();
    seconds(9);
    assertThat(sixPerMinute.take("ann")).isFalse();
    seconds(1);
    assertThat(sixPerMinute.take("ann")).isTrue();
    assertThat(sixPerMinute.take("ann")).isFalse();
    seconds(600);
    for (int i = 0; i < 6; i++) {
      assertThat(sixPerMinute.take("ann")).isTrue();
    }
    assertThat(sixPerMinute.take("ann")).isFalse();
  }

  @Test
  void othersAreUnharmed() {
    while (sixPerMinute.take("ann")) {}
    assertThat(sixPerMinute.take("bob")).isTrue();
  }

  @Test
  void zeroSetsNoLimit() {
    var none = Allowances.of(0, Duration.ofMinutes(1), 1, clock::get);
    assertThat(none.take("ann")).isTrue();
    assertThat(none.exhausted("ann")).isFalse();
    assertThat(none.size()).isZero();
  }

  @Test
  void keysBeyondTheMostShareOneBucket() {
    for (int i = 0; i < 100_000; i++) {
      sixPerMinute.take("key " + i);
    }
    assertThat(sixPerMinute.size()).isLessThanOrEqualTo(1001);
    assertThat(sixPerMinute.take("one more")).isFalse();
    assertThat(sixPerMinute.exhausted("one more")).isTrue();
    seconds(60);
    assertThat(sixPerMinute.take("one more")).isTrue();
    assertThat(sixPerMinute.size()).isLessThan(1000);
  }

  @Test
  void keysAreLookedThroughAtMostOncePerSecond() {
    var ten = Allowances.of(6, Duration.ofMinutes(1), 10, clock::get);
    for (int i = 0; i < 10; i++) {
      ten.take("key " + i);
    }
    clock.addAndGet(9_800_000_000L);
    ten.take("too early to forget one");
    clock.addAndGet(300_000_000L);
    ten.take("looked through just now");
    assertThat(ten.size()).isEqualTo(11);
    clock.addAndGet(800_000_000L);
    assertThat(ten.take("looked through again")).isTrue();
    assertThat(ten.size()).isLessThan(4);
  }

  @Test
  void aNetworkOfIpv6IsOneCustomer() throws Exception {
    assertThat(Allowances.key(InetAddress.getByName("2001:db8:1:2::1")))
        .isEqualTo(Allowances.key(InetAddress.getByName("2001:db8:1:2:ffff::9")))
        .isNotEqualTo(Allowances.key(InetAddress.getByName("2001:db8:1:3::1")));
    assertThat(Allowances.key(InetAddress.getByName("192.0.2.1")))
        .isNotEqualTo(Allowances.key(InetAddress.getByName("192.0.2.2")));
  }

  @Test
  void manyAtOnceGetNoMoreThanThereIs() throws Exception {
    var granted = new AtomicInteger();
    var begin = new CountDownLatch(1);
    var threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  return;
                }
                for (int j = 0; j < 1000; j++) {
                  if (sixPerMinute.take("ann")) {
                    granted.incrementAndGet();
                  }
                }
              });
    }
    begin.countDown();
    for (var thread : threads) {
      thread.join();
    }
    assertThat(granted).hasValue(6);
  }
}
