package dev.dunlin.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** From where a history is read. */
class PlacesTest {

  private final Places places = new Places();

  private void heard(String epoch, int from, int to) {
    for (int offset = from; offset <= to; offset++) {
      places.heard("c", epoch, offset, 10L * offset);
    }
  }

  @Test
  void readingBeginsAtTheLastKnownPlaceBeforeWhatIsMissing() {
    places.follow("c");
    heard("e", 1, 100);
    assertThat(places.before("c", "e", 99)).isEqualTo(960);
    assertThat(places.before("c", "e", 95)).as("96 is the first missing").isEqualTo(960);
    assertThat(places.before("c", "e", 94)).isEqualTo(640);
    assertThat(places.before("c", "e", 30)).as("nothing is known so early").isZero();
    assertThat(places.before("c", "another", 99)).isZero();
  }

  @Test
  void littleIsKeptAndOnlyOfWhatIsFollowed() {
    heard("e", 1, 100);
    assertThat(places.before("c", "e", 99)).isZero();
    places.follow("c");
    heard("e", 1, 1_000);
    assertThat(places.before("c", "e", 990)).isEqualTo(9_600);
    assertThat(places.before("c", "e", 400)).isZero();
    places.forget("c");
    assertThat(places.before("c", "e", 990)).isZero();
  }
}
