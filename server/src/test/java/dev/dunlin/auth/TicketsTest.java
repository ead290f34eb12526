package dev.dunlin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Credentials.Way;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TicketsTest {

  private static final Identity ANN = new Identity("ann", List.of(), "{}");

  private final AtomicReference<Instant> time = new AtomicReference<>(Instant.EPOCH);
  private final Tickets tickets = Tickets.create(time::get, Duration.ofSeconds(30), 3);

  @Test
  void aTicketWorksOnce() {
    var ticket = tickets.issue(ANN).orElseThrow();
    assertThat(ticket).hasSize(22);
    assertThat(tickets.redeem(ticket)).contains(ANN);
    assertThat(tickets.redeem(ticket)).isEmpty();
  }

  @Test
  void aTicketLivesThirtySeconds() {
    var first = tickets.issue(ANN).orElseThrow();
    var second = tickets.issue(ANN).orElseThrow();
    time.set(Instant.EPOCH.plusMillis(29_999));
    assertThat(tickets.redeem(first)).contains(ANN);
    time.set(Instant.EPOCH.plusSeconds(30));
    assertThat(tickets.redeem(second)).isEmpty();
  }

  @Test
  void noMoreTicketsWaitThanAllowed() {
    for (int i = 0; i < 3; i++) {
      assertThat(tickets.issue(ANN)).isPresent();
    }
    assertThat(tickets.issue(ANN)).isEmpty();
    time.set(Instant.EPOCH.plusSeconds(30));
    assertThat(tickets.issue(ANN)).isPresent();
    assertThat(tickets.size()).isEqualTo(1);
  }

  @Test
  void ofAThousandRacingUsesExactlyOneWins() throws Exception {
    var ticket = tickets.issue(ANN).orElseThrow();
    var start = new CountDownLatch(1);
    var won = new AtomicInteger();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 1000; i++) {
        executor.submit(() -> {
          start.await();
          return tickets.redeem(ticket).map(identity -> won.incrementAndGet());
        });
      }
      start.countDown();
    }
    assertThat(won).hasValue(1);
  }

  @Test
  void asAnAuthenticatorItLooksAtTicketsOnly() {
    var ticket = tickets.issue(ANN).orElseThrow();
    var asToken = Credentials.token(ticket);
    assertThat(JwtTest.failure(tickets.authenticate(asToken)).reason()).isEqualTo(Reason.MISSING);
    var presented = Credentials.builder().token(Way.TICKET, ticket).build();
    assertThat(JwtTest.done(tickets.authenticate(presented))).isEqualTo(ANN);
    assertThat(JwtTest.failure(tickets.authenticate(presented)).reason()).isEqualTo(Reason.INVALID);
    var long1 = Credentials.builder().token(Way.TICKET, "x".repeat(1 << 20)).build();
    assertThat(JwtTest.failure(tickets.authenticate(long1)).reason()).isEqualTo(Reason.INVALID);
  }
}
