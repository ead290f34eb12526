package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.app.ApiKeys.Verdict;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How often a key, or the console's password, may be guessed. */
class ApiKeysTest {

  private final AtomicLong nanos = new AtomicLong();
  private final ApiKeys keys = new ApiKeys(List.of(new Secret("right")), 3, nanos::get);

  private Verdict judge(String key, String address) throws Exception {
    return keys.judge(key, InetAddress.getByName(address));
  }

  @Test
  void whoGuessesIsNotHeardForAMinute() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(judge("wrong", "192.0.2.1")).isEqualTo(Verdict.WRONG);
    }
    assertThat(judge("right", "192.0.2.1")).isEqualTo(Verdict.TOO_MANY_FAILURES);
    assertThat(judge("right", "192.0.2.2")).isEqualTo(Verdict.RIGHT);
    nanos.addAndGet(TimeUnit.MINUTES.toNanos(1));
    assertThat(judge("right", "192.0.2.1")).isEqualTo(Verdict.RIGHT);
  }

  @Test
  void theAddressesOfOneCustomerCountTogether() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(judge("wrong", "2001:db8::" + i)).isEqualTo(Verdict.WRONG);
    }
    assertThat(judge("right", "2001:db8::ffff")).isEqualTo(Verdict.TOO_MANY_FAILURES);
    assertThat(judge("right", "2001:db8:0:1::1")).isEqualTo(Verdict.RIGHT);
  }
}
