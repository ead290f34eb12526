package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Recovery.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Stream position and recovery, clause by clause. */
class RecoveryTest {

  private static Publication at(long offset) {
    return at(offset, "e");
  }

  private static Publication at(long offset, String epoch) {
    return Publication.of("channel", new byte[1]).position(offset, epoch).build();
  }

  private static StreamPosition position(long offset) {
    return new StreamPosition(offset, "e");
  }

  private static History history(long top, long... offsets) {
    return new History(LongStream.of(offsets).mapToObj(RecoveryTest::at).toList(), position(top));
  }

  private static List<Long> offsets(List<Publication> publications) {
    return publications.stream().map(Publication::offset).toList();
  }

  private static Recovery live(long offset) {
    var recovery = Recovery.atTop();
    recovery.resume(history(offset));
    return recovery;
  }

  @Test
  void withoutRecoverTheAnswerIsTheTop() {
    var resumed = Recovery.atTop().resume(history(7));
    assertThat(resumed.recovering()).isFalse();
    assertThat(resumed.recovered()).isFalse();
    assertThat(resumed.position()).isEqualTo(position(7));
    assertThat(resumed.publications()).isEmpty();
  }

  @Test
  void allThatWasMissedIsRecoveredAndThePositionIsTheOneAskedFor() {
    var recovery = Recovery.since(position(4));
    var resumed = recovery.resume(history(7, 5, 6, 7));
    assertThat(resumed.recovered()).isTrue();
    assertThat(resumed.position()).isEqualTo(position(4));
    assertThat(offsets(resumed.publications())).containsExactly(5L, 6L, 7L);
    assertThat(recovery.position()).isEqualTo(position(7));
    assertThat(recovery.receive(at(8))).isEqualTo(Verdict.DELIVER);
  }

  @Test
  void whoIsAtTheTopRecoversNothing() {
    var resumed = Recovery.since(position(7)).resume(history(7));
    assertThat(resumed.recovered()).isTrue();
    assertThat(resumed.publications()).isEmpty();
  }

  @Test
  void evictedPublicationsAreNotRecovered() {
    var resumed = Recovery.since(position(4)).resume(history(7, 6, 7));
    assertThat(resumed.recovered()).isFalse();
    assertThat(resumed.publications()).isEmpty();
    assertThat(resumed.position()).isEqualTo(position(7));
  }

  @Test
  void moreThanTheLimitIsNotRecovered() {
    var recovery = Recovery.since(position(0));
    var query = recovery.query(Duration.ofDays(1));
    assertThat(query.limit()).isEqualTo(300);
    var read = LongStream.rangeClosed(1, 300).toArray();
    assertThat(recovery.resume(history(301, read)).recovered()).isFalse();
    assertThat(Recovery.since(position(0)).resume(history(300, read)).recovered()).isTrue();
  }

  @Test
  void emptyEpochMatchesAny() {
    var resumed = Recovery.since(StreamPosition.START).resume(history(2, 1, 2));
    assertThat(resumed.recovered()).isTrue();
    assertThat(resumed.position()).isEqualTo(position(0));
    assertThat(offsets(resumed.publications())).containsExactly(1L, 2L);
  }

  @Test
  void anotherEpochIsNotRecovered() {
    var since = new StreamPosition(5, "old");
    assertThat(Recovery.since(since).resume(history(5)).recovered()).isFalse();
  }

  @Test
  void impossibleEpochIsNeverRecovered() {
    var since = new StreamPosition(0, "_");
    assertThat(Recovery.since(since).resume(history(0)).recovered()).isFalse();
    assertThat(Recovery.since(since).resume(History.none()).recovered()).isFalse();
  }

  @Test
  void positionBeyondTheTopIsNotRecovered() {
    var resumed = Recovery.since(position(9)).resume(history(7));
    assertThat(resumed.recovered()).isFalse();
    assertThat(resumed.position()).isEqualTo(position(7));
  }

  @Test
  void whatWasHeardWhileReadingIsMergedAndSorted() {
    var recovery = Recovery.since(position(4));
    assertThat(recovery.receive(at(7))).isEqualTo(Verdict.HELD);
    recovery.receive(at(6));
    recovery.receive(at(8));
    recovery.receive(at(7));
    var resumed = recovery.resume(history(6, 5, 6));
    assertThat(resumed.recovered()).isTrue();
    assertThat(offsets(resumed.publications())).containsExactly(5L, 6L, 7L, 8L);
    assertThat(resumed.live()).isEmpty();
    assertThat(recovery.position()).isEqualTo(position(8));
  }

  @Test
  void whatWasHeardFillsWhatTheHistoryHasEvictedSince() {
    var recovery = Recovery.since(position(4));
    recovery.receive(at(5));
    recovery.receive(at(6));
    assertThat(offsets(recovery.resume(history(6, 6)).publications())).containsExactly(5L, 6L);
  }

  @Test
  void holeBehindTheReadIsInsufficient() {
    var recovery = Recovery.since(position(4));
    recovery.receive(at(8));
    var resumed = recovery.resume(history(6, 5, 6));
    assertThat(resumed.insufficient()).isTrue();
    assertThat(resumed.publications()).isEmpty();
    assertThat(recovery.receive(at(9))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void whoDoesNotRecoverGetsWhatWasHeardBeyondTheTopLive() {
    var recovery = Recovery.since(position(1));
    recovery.receive(at(6));
    recovery.receive(at(7));
    recovery.receive(at(8));
    var resumed = recovery.resume(history(6, 6));
    assertThat(resumed.recovered()).isFalse();
    assertThat(resumed.position()).isEqualTo(position(6));
    assertThat(offsets(resumed.live())).containsExactly(7L, 8L);
  }

  @Test
  void publicationsWithoutOffsetComeAfterTheAnswer() {
    var recovery = Recovery.since(position(4));
    recovery.receive(at(0, ""));
    recovery.receive(at(5));
    var resumed = recovery.resume(history(4));
    assertThat(offsets(resumed.publications())).containsExactly(5L);
    assertThat(offsets(resumed.live())).containsExactly(0L);
    assertThat(recovery.receive(at(0, ""))).isEqualTo(Verdict.DELIVER);
  }

  @Test
  void streamThatBeganAnewWhileReadingIsInsufficient() {
    var recovery = Recovery.since(position(4));
    recovery.receive(at(5));
    recovery.receive(at(1, "f"));
    assertThat(recovery.resume(history(5, 5)).insufficient()).isTrue();
  }

  @Test
  void tooMuchHeardWhileReadingIsInsufficient() {
    var recovery = Recovery.since(position(0));
    var large = Publication.of("channel", new byte[Recovery.MAX_HELD_BYTES / 4]);
    for (var offset = 1; offset <= 3; offset++) {
      assertThat(recovery.receive(large.position(offset, "e").build())).isEqualTo(Verdict.HELD);
    }
    assertThat(recovery.receive(large.position(4, "e").build())).isEqualTo(Verdict.INSUFFICIENT);
    assertThat(recovery.resume(history(4, 1, 2, 3, 4)).insufficient()).isTrue();
  }

  @Test
  void nextIsDeliveredSmallerIsDroppedLargerIsInsufficient() {
    var recovery = live(5);
    assertThat(recovery.receive(at(6))).isEqualTo(Verdict.DELIVER);
    assertThat(recovery.receive(at(6))).isEqualTo(Verdict.DUPLICATE);
    assertThat(recovery.receive(at(2))).isEqualTo(Verdict.DUPLICATE);
    assertThat(recovery.receive(at(8))).isEqualTo(Verdict.INSUFFICIENT);
    assertThat(recovery.receive(at(7))).as("once lost, lost").isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void anotherEpochIsInsufficientWhateverTheOffset() {
    assertThat(live(5).receive(at(6, "f"))).isEqualTo(Verdict.INSUFFICIENT);
    assertThat(live(5).receive(at(1, "f"))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void unknownEpochAdoptsTheFirstRealOne() {
    var recovery = Recovery.atTop();
    assertThat(recovery.resume(History.none()).position()).isEqualTo(StreamPosition.START);
    assertThat(recovery.receive(at(1))).isEqualTo(Verdict.DELIVER);
    assertThat(recovery.position()).isEqualTo(position(1));
    assertThat(recovery.receive(at(2, "f"))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void unknownEpochThatBeginsLaterThanOneIsInsufficient() {
    var recovery = Recovery.atTop();
    recovery.resume(History.none());
    assertThat(recovery.receive(at(2))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void continuousBlockIsAcceptedAsAWhole() {
    var recovery = live(5);
    assertThat(recovery.accepts(Block.of(List.of(at(7), at(8))))).isFalse();
    assertThat(recovery.position()).isEqualTo(position(5));
    assertThat(recovery.accepts(Block.of(List.of(at(6), at(7))))).isTrue();
    assertThat(recovery.position()).isEqualTo(position(7));
    assertThat(recovery.accepts(Block.of(List.of(at(8, "f"))))).isFalse();
    assertThat(recovery.accepts(Block.of(List.of(at(8), at(10))))).isFalse();
  }

  @Test
  void blockIsNotAcceptedBeforeTheAnswer() {
    assertThat(Recovery.atTop().accepts(Block.of(List.of(at(1))))).isFalse();
  }

  @Test
  void cacheModeRecoversTheLatestAlone() {
    var recovery = Recovery.latest(position(2));
    assertThat(recovery.query(Duration.ofDays(1)))
        .isEqualTo(HistoryQuery.last(1).opening(Duration.ofDays(1)));
    var resumed = recovery.resume(history(7, 7));
    assertThat(resumed.recovered()).isTrue();
    assertThat(offsets(resumed.publications())).containsExactly(7L);
    assertThat(recovery.receive(at(8))).isEqualTo(Verdict.DELIVER);
  }

  @Test
  void cacheModeTakesTheLatestFromWhatWasHeard() {
    var recovery = Recovery.latest(StreamPosition.START);
    recovery.receive(at(8));
    recovery.receive(at(9));
    var resumed = recovery.resume(history(7, 7));
    assertThat(offsets(resumed.publications())).containsExactly(9L);
    assertThat(resumed.position()).isEqualTo(position(9));
  }

  @Test
  void cacheModeAtTheTopRecoversNothing() {
    var resumed = Recovery.latest(position(7)).resume(history(7, 7));
    assertThat(resumed.recovered()).isTrue();
    assertThat(resumed.publications()).isEmpty();
  }

  @Test
  void cacheModeWithoutTheLatestIsNotRecovered() {
    assertThat(Recovery.latest(position(2)).resume(history(7)).recovered()).isFalse();
  }

  @Test
  void checkFindsWhatWasLostBeforeASilenceAtTheSecondLook() {
    var recovery = live(5);
    var before = recovery.position();
    assertThat(recovery.check(before, position(6))).isEqualTo(Verdict.DELIVER);
    assertThat(recovery.check(before, position(6))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void checkIsContentIfThePublicationArrivesInBetween() {
    var recovery = live(5);
    assertThat(recovery.check(recovery.position(), position(6))).isEqualTo(Verdict.DELIVER);
    recovery.receive(at(6));
    assertThat(recovery.check(recovery.position(), position(7))).isEqualTo(Verdict.DELIVER);
    recovery.receive(at(7));
    assertThat(recovery.check(recovery.position(), position(7))).isEqualTo(Verdict.DELIVER);
  }

  @Test
  void checkGivesWhoeverIsLateTimeAsLongAsItMoves() {
    var recovery = live(5);
    for (int arrived = 6; arrived < 10; arrived++) {
      assertThat(recovery.check(recovery.position(), position(20))).isEqualTo(Verdict.DELIVER);
      recovery.receive(at(arrived));
    }
    assertThat(recovery.check(recovery.position(), position(20))).isEqualTo(Verdict.DELIVER);
    assertThat(recovery.check(recovery.position(), position(20))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void checkFindsAnotherLifeOfTheStreamAtOnce() {
    assertThat(live(5).check(position(5), new StreamPosition(5, "f")))
        .isEqualTo(Verdict.INSUFFICIENT);
    assertThat(live(5).check(position(5), StreamPosition.START)).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void checkFindsAStoreThatLostItsTail() {
    assertThat(live(5).check(position(5), position(4))).isEqualTo(Verdict.INSUFFICIENT);
  }

  @Test
  void checkForgivesAReadThatIsOlderThanThePosition() {
    var recovery = live(5);
    var before = recovery.position();
    recovery.receive(at(6));
    assertThat(recovery.check(before, position(5))).isEqualTo(Verdict.DELIVER);
  }

  @Test
  void resumingTwiceIsAMistake() {
    var recovery = live(5);
    assertThatThrownBy(() -> recovery.resume(history(5))).isInstanceOf(IllegalStateException.class);
  }
}
