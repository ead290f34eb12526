package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoutedBrokerTest {

  private static final ClientInfo ANNA = ClientInfo.of("anna", "client-1");

  private final RemoteBroker main = new RemoteBroker();
  private final RemoteBroker other = new RemoteBroker();
  private final RoutedBroker routed =
      RoutedBroker.over(
          main, List.of(other), channel -> channel.startsWith("other:") ? other : main);
  private final Hub hub = Hub.over(routed);

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void aChannelIsPublishedSubscribedAndReadWhereItBelongs() {
    try (var here = hub.subscribe("here", publication -> {});
        var there = hub.subscribe("other:there", publication -> {})) {
      assertThat(main.calls).containsExactly("+here");
      assertThat(other.calls).containsExactly("+other:there");
    }
    assertThat(main.calls).containsExactly("+here", "-here");
    assertThat(other.calls).containsExactly("+other:there", "-other:there");
    var unused = hub.history("other:there", HistoryQuery.position());
    assertThat(other.reads).hasSize(1);
    assertThat(main.reads).isEmpty();
  }

  @Test
  void eachChannelHasTheHistoryAndPresenceOfItsOwnBroker() {
    var one = MemoryBroker.create();
    var two = MemoryBroker.create();
    var brokers =
        RoutedBroker.over(one, List.of(two), channel -> channel.startsWith("2") ? two : one);
    var kept = PublishOptions.of(ChannelOptions.history(10, Duration.ofMinutes(1)));
    try (var both = Hub.over(brokers)) {
      var heard = new ArrayList<String>();
      try (var subscription =
          both.subscribe(
              "2", publication -> heard.add(UTF_8.decode(publication.data()).toString()))) {
        both.publish("2", "b".getBytes(UTF_8), kept).toCompletableFuture().join();
        both.publish("1", "a".getBytes(UTF_8), kept).toCompletableFuture().join();
        both.presence().add("2", ANNA, Duration.ofMinutes(1)).toCompletableFuture().join();
        assertThat(heard).containsExactly("b");
      }
      assertThat(top(two, "2").offset()).isEqualTo(1);
      assertThat(top(one, "2").offset()).isZero();
      assertThat(top(one, "1").offset()).isEqualTo(1);
      assertThat(present(two, "2")).isEqualTo(1);
      assertThat(present(one, "2")).isZero();
      both.removeHistory("2").toCompletableFuture().join();
      assertThat(
              two.history("2", HistoryQuery.first(9)).toCompletableFuture().join().publications())
          .isEmpty();
    }
  }

  private static StreamPosition top(Broker broker, String channel) {
    return broker.history(channel, HistoryQuery.position()).toCompletableFuture().join().position();
  }

  private static int present(Broker broker, String channel) {
    return broker.presence().stats(channel).toCompletableFuture().join().clients();
  }

  @Test
  void messagesBetweenNodesGoByTheMainBrokerOnly() {
    var heard = new ArrayList<String>();
    hub.onControl(message -> heard.add(new String(message, UTF_8)));
    var unused = hub.publishControl("by main".getBytes(UTF_8));
    other.sink.control("by the other".getBytes(UTF_8));
    assertThat(heard).containsExactly("by main");
  }

  @Test
  void theLinkIsUpWhenAllAre() {
    main.sink.linkLost();
    other.sink.linkLost();
    other.sink.linkLost(); // told twice
    assertThat(hub.linked()).isFalse();
    other.sink.linkRestored();
    assertThat(hub.linked()).as("while main is away").isFalse();
    main.sink.linkRestored();
    assertThat(hub.linked()).isTrue();
  }

  @Test
  void positionsAreCheckedWhenAnyLinkIsBack() {
    var interruptions = new ArrayList<String>();
    var subscriber =
        new Subscriber() {
          @Override
          public void deliver(Publication publication) {}

          @Override
          public void interrupted() {
            interruptions.add("interrupted");
          }
        };
    try (var subscription = hub.subscribe("other:there", subscriber)) {
      main.sink.linkLost();
      other.sink.linkLost();
      other.sink.linkRestored();
      assertThat(interruptions).hasSize(1);
    }
  }

  @Test
  void whatOneCannotStartNoneCan() {
    var unreachable = new RemoteBroker();
    unreachable.started = CompletableFuture.failedStage(new IllegalStateException("unreachable"));
    var brokers = RoutedBroker.over(new RemoteBroker(), List.of(unreachable), channel -> main);
    try (var failing = Hub.over(brokers)) {
      assertThatThrownBy(() -> failing.ready().toCompletableFuture().join())
          .hasMessageContaining("unreachable");
    }
  }

  @Test
  void closingClosesAll() {
    var one = MemoryBroker.create();
    var two = MemoryBroker.create();
    Hub.over(RoutedBroker.over(one, List.of(two, two), channel -> one)).close();
    for (var broker : List.of(one, two)) {
      assertThat(broker.history("x", HistoryQuery.position()).toCompletableFuture())
          .isCompletedExceptionally();
    }
  }
}
