package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocation;
import dev.dunlin.auth.Revocations;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class TenureTest {

  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Instant LATER = NOW.plusSeconds(3600);

  private final MemoryLane lane = new MemoryLane();
  private final MemoryWire wire = new MemoryWire();
  private final Revocations revocations = Revocations.create(InstantSource.fixed(NOW));
  private final List<Message> heard = new ArrayList<>();

  /** A token here is "user seconds": the seconds until it ends. */
  private static final Authenticator TOKENS =
      credentials -> {
        var parts = credentials.token(Credentials.Way.MESSAGE).orElseThrow().split(" ");
        return parts.length == 2
            ? CompletableFuture.completedStage(identity(parts[0], Long.parseLong(parts[1])))
            : CompletableFuture.failedStage(
                new AuthenticationException(
                    AuthenticationException.Reason.INVALID, "no such token"));
      };

  private static Identity identity(String user, long seconds) {
    return new Identity(
        user,
        List.of(),
        "{\"exp\":%d,\"iat\":%d,\"jti\":\"t-%s-%d\"}"
            .formatted(NOW.getEpochSecond() + seconds, NOW.getEpochSecond(), user, seconds));
  }

  private Conversation open(String user, long seconds) {
    var terms =
        new Terms(
            session -> heard::add,
            Dispatch.INLINE,
            Limits.defaults().pingInterval(Duration.ZERO),
            Overflow.CLOSE,
            Budget.ofHeap(),
            Terms.GOING_AWAY,
            new Admittance(TOKENS, revocations, Duration.ofSeconds(25), InstantSource.fixed(NOW)),
            false);
    var agreement = new Agreement(Role.SERVER, null, Map.of(), identity(user, seconds), "", null);
    var conversation = new Conversation(lane, wire, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  private void seconds(double seconds) {
    lane.turn();
    lane.pass((long) (seconds * 1e9));
  }

  private void closedWith(String reason) {
    assertThat(wire.written.toByteArray())
        .contains(new byte[] {(byte) 0x88, (byte) (2 + reason.length()), 0x03, (byte) 0xf0})
        .endsWith(reason.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @Test
  void aSessionEndsWhenItsTokenHasEndedAndTheGraceIsOver() {
    var session = open("ann", 60);
    seconds(84.9);
    assertThat(session.open()).isTrue();
    seconds(0.3);
    assertThat(session.open()).isFalse();
    closedWith("the token has expired");
  }

  @Test
  void aTokenThatEndsInTheYear9999EndsNothing() {
    var session = open("ann", 253_402_300_799L - NOW.getEpochSecond());
    seconds(1e6);
    assertThat(session.open()).isTrue();
  }

  @Test
  void aNewTokenMovesTheEnd() {
    var session = open("ann", 60);
    seconds(50);
    var renewed = session.reauthenticate(Credentials.token("ann 600")).toCompletableFuture().join();
    assertThat(session.identity()).isSameAs(renewed);
    seconds(500);
    assertThat(session.open()).isTrue();
    seconds(125.2);
    assertThat(session.open()).isFalse();
  }

  @Test
  void anotherUsersTokenIsRefusedAndTheSessionGoesOn() {
    var session = open("ann", 60);
    for (var token : List.of("bob 600", "rubbish")) {
      assertThatThrownBy(
              () -> session.reauthenticate(Credentials.token(token)).toCompletableFuture().join())
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(AuthenticationException.class)
          .hasMessage("credentials not accepted");
    }
    assertThat(session.open()).isTrue();
    assertThat(session.identity().subject()).isEqualTo("ann");
    seconds(85.2);
    assertThat(session.open()).isFalse();
  }

  @Test
  void revocationByUserTokenOrTimeOfIssueClosesAtOnce() {
    var all =
        List.of(
            new Revocation.OfUser("u0", LATER),
            new Revocation.OfToken("t-u1-60", LATER),
            Revocation.IssuedBefore.ofUser("u2", NOW.plusSeconds(1), LATER),
            Revocation.IssuedBefore.ofAll(NOW.plusSeconds(1), LATER));
    for (int i = 0; i < all.size(); i++) {
      var session = open("u" + i, 60);
      assertThat(session.open()).isTrue();
      revocations.add(all.get(i));
      assertThat(session.open()).as("%s", all.get(i)).isFalse();
      lane.turn();
      closedWith("access was withdrawn");
    }
  }

  @Test
  void closesOvertakeWhatWaitsToBeSent() {
    var session = open("ann", 60);
    wire.stuck = true;
    session.send(Text.of("fills the wire"));
    lane.turn();
    session.send(Text.of("secret of the day"));
    lane.turn();
    revocations.add(new Revocation.OfUser("ann", LATER));
    wire.release(session);
    lane.turn();
    assertThat(wire.written.toString(java.nio.charset.StandardCharsets.UTF_8))
        .doesNotContain("secret of the day");
  }

  @Test
  void whatARevokedPeerHasSentIsNotHandled() {
    var session = open("ann", 60);
    revocations.add(new Revocation.OfUser("ann", LATER));
    session.application.handle(Text.of("one more"));
    assertThat(heard).isEmpty();
  }

  @Test
  void theNewTokenIsWatchedInTheOldOnesPlace() {
    var session = open("ann", 60);
    session.reauthenticate(Credentials.token("ann 600")).toCompletableFuture().join();
    revocations.add(new Revocation.OfToken("t-ann-60", LATER));
    assertThat(session.open()).isTrue();
    revocations.add(new Revocation.OfToken("t-ann-600", LATER));
    assertThat(session.open()).isFalse();
  }

  @Test
  void anEndedSessionIsNotWatchedAnyMore() {
    var session = open("ann", 60);
    session.lost("gone");
    var before = session.closed();
    revocations.add(new Revocation.OfUser("ann", LATER));
    lane.turn();
    assertThat(session.closed()).isEqualTo(before);
    seconds(100);
  }
}
