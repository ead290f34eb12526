package dev.dunlin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RevocationsTest {

  private static final Instant NOW = Tokens.NOW;
  private static final Instant LATER = NOW.plusSeconds(3600);

  private final AtomicReference<Instant> time = new AtomicReference<>(NOW);
  private final Revocations revocations = Revocations.create(time::get);
  private final List<String> told = new ArrayList<>();

  @Test
  void aUserIsRevokedUntilRestoredOrOver() {
    revocations.add(new Revocation.OfUser("ann", LATER));
    assertThat(revocations.revoked(holder("ann", "t1", NOW))).isTrue();
    assertThat(revocations.revoked(holder("bob", "t1", NOW))).isFalse();
    revocations.restore("ann");
    assertThat(revocations.revoked(holder("ann", "t1", NOW))).isFalse();
    revocations.add(new Revocation.OfUser("ann", LATER));
    time.set(LATER);
    assertThat(revocations.revoked(holder("ann", "t1", NOW))).isFalse();
    assertThat(revocations.size()).isZero();
  }

  @Test
  void issuedBeforeSparesNewerTokens() {
    revocations.add(Revocation.IssuedBefore.ofUser("ann", NOW, LATER));
    assertThat(revocations.revoked(holder("ann", "t1", NOW.minusSeconds(1)))).isTrue();
    assertThat(revocations.revoked(holder("ann", "t2", NOW))).isFalse();
    assertThat(revocations.revoked(holder("bob", "t3", NOW.minusSeconds(1)))).isFalse();
    revocations.add(Revocation.IssuedBefore.ofAll(NOW.minusSeconds(10), LATER));
    assertThat(revocations.revoked(holder("bob", "t3", NOW.minusSeconds(11)))).isTrue();
  }

  @Test
  void aTokenThatDoesNotSayWhenItWasIssuedCountsAsOld() {
    revocations.add(Revocation.IssuedBefore.ofAll(NOW, LATER));
    assertThat(revocations.revoked(Revocations.Holder.of(new Identity("ann", List.of(), "{}"))))
        .isTrue();
  }

  @Test
  void aNarrowerRevocationDoesNotReplaceAWiderOne() {
    revocations.add(Revocation.IssuedBefore.ofUser("ann", NOW, LATER));
    revocations.add(
        Revocation.IssuedBefore.ofUser("ann", NOW.minusSeconds(60), NOW.plusSeconds(1)));
    time.set(NOW.plusSeconds(2));
    assertThat(revocations.revoked(holder("ann", "t1", NOW.minusSeconds(1)))).isTrue();
  }

  @Test
  void openConnectionsAreToldOnceAndOnlyTheirOwn() {
    watch("ann", "t1");
    watch("ann", "t2");
    watch("bob", "t3");
    revocations.add(new Revocation.OfToken("t2", LATER));
    assertThat(told).containsExactly("ann t2");
    revocations.add(new Revocation.OfUser("ann", LATER));
    assertThat(told).containsExactly("ann t2", "ann t1");
    revocations.add(Revocation.IssuedBefore.ofAll(NOW.plusSeconds(1), LATER));
    assertThat(told).containsExactly("ann t2", "ann t1", "bob t3");
  }

  @Test
  void aClosedWatchIsNotTold() {
    watch("ann", "t1").close();
    revocations.add(new Revocation.OfUser("ann", LATER));
    assertThat(told).isEmpty();
  }

  @Test
  void whoIsAlreadyRevokedIsToldAtOnce() {
    revocations.add(new Revocation.OfUser("ann", LATER));
    watch("ann", "t1");
    assertThat(told).containsExactly("ann t1");
  }

  @Test
  void oneThatFailsKeepsNobodyElseFromBeingTold() {
    revocations.watch(
        holder("ann", "t0", NOW),
        () -> {
          throw new IllegalStateException("closing failed");
        });
    watch("ann", "t1");
    revocations.add(new Revocation.OfUser("ann", LATER));
    assertThat(told).containsExactly("ann t1");
  }

  @Test
  void nothingSlipsBetweenConnectingAndRevoking() throws Exception {
    for (int round = 0; round < 500; round++) {
      var list = Revocations.create(time::get);
      var closed = new AtomicInteger();
      var barrier = new CyclicBarrier(2);
      try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
        executor.submit(() -> {
          barrier.await();
          return list.watch(holder("ann", "t1", NOW), closed::incrementAndGet);
        });
        executor.submit(() -> {
          barrier.await();
          list.add(new Revocation.OfUser("ann", LATER));
          return null;
        });
      }
      assertThat(closed).hasValue(1);
    }
  }

  private Revocations.Watch watch(String user, String token) {
    return revocations.watch(holder(user, token, NOW), () -> told.add(user + " " + token));
  }

  private static Revocations.Holder holder(String user, String token, Instant issued) {
    var claims = "{\"jti\":\"" + token + "\",\"iat\":" + issued.getEpochSecond() + "}";
    return Revocations.Holder.of(new Identity(user, List.of(), claims));
  }
}
