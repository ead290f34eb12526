package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HubTest {

  private final Hub hub = Hub.inMemory();
  private final ManualLane lane = new ManualLane();

  /** A subscriber that writes down what it gets. */
  private static final class Recorder implements Subscriber {
    final List<String> texts = new ArrayList<>();
    final List<Block> blocks = new ArrayList<>();

    @Override
    public void deliver(Publication publication) {
      texts.add(publication.text());
    }

    @Override
    public void deliver(Block block) {
      blocks.add(block);
      Subscriber.super.deliver(block);
    }

    @Override
    public void join(ClientInfo info) {
      texts.add("+" + info.client());
    }

    @Override
    public void leave(ClientInfo info) {
      texts.add("-" + info.client());
    }

    @Override
    public void interrupted() {
      texts.add("interrupted");
    }
  }

  private Recorder subscribe(String channel) {
    var recorder = new Recorder();
    hub.subscribe(channel, lane, recorder);
    return recorder;
  }

  @Test
  @SuppressWarnings("NullAway") // what a caller without such checks may do
  void nothingIsNoPublicationAndReachesNobody() {
    var recorder = new Recorder();
    hub.subscribe("news", Runnable::run, recorder);
    byte[] nothing = null;
    assertThatThrownBy(() -> hub.publish("news", nothing))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("a publication has data");
    hub.publish("news", "here");
    assertThat(recorder.texts).containsExactly("here");
  }

  @Test
  void subscriberWithoutALaneIsCalledByThePublisher() {
    var thread = new CompletableFuture<Thread>();
    hub.subscribe("news", publication -> thread.complete(Thread.currentThread()));
    hub.publish("news", "hello");
    assertThat(thread).isCompletedWithValue(Thread.currentThread());
  }

  @Test
  void publicationCostsOneTaskPerLaneWhateverTheSubscribers() {
    var recorders = new ArrayList<Recorder>();
    for (var i = 0; i < 1000; i++) {
      recorders.add(subscribe("news"));
    }
    hub.publish("news", "one");
    hub.publish("news", "two");
    hub.publish("sport", "unheard");
    assertThat(lane.queued()).isEqualTo(1);
    lane.run();

    assertThat(recorders).allSatisfy(r -> assertThat(r.texts).containsExactly("one", "two"));
    var blocks = Collections.newSetFromMap(new IdentityHashMap<Block, Boolean>());
    recorders.forEach(recorder -> blocks.addAll(recorder.blocks));
    assertThat(blocks).as("one block, shared").hasSize(1);
    var stats = hub.stats();
    assertThat(stats.laneTasks()).isEqualTo(1);
    assertThat(stats.deliveries()).isEqualTo(2000);
    assertThat(stats.received()).isEqualTo(2);
    assertThat(stats.backlogBytes()).isZero();
  }

  @Test
  void channelsOfOneTurnShareItsTask() {
    var news = subscribe("news");
    var sport = subscribe("sport");
    hub.publish("news", "n");
    hub.publish("sport", "s");
    assertThat(lane.queued()).isEqualTo(1);
    lane.run();
    assertThat(news.texts).containsExactly("n");
    assertThat(sport.texts).containsExactly("s");
  }

  @Test
  void lanesGetTheirTaskEach() {
    var other = new ManualLane();
    var here = subscribe("news");
    var there = new Recorder();
    hub.subscribe("news", other, there);
    hub.publish("news", "hello");
    assertThat(lane.queued()).isEqualTo(1);
    assertThat(other.queued()).isEqualTo(1);
    other.run();
    assertThat(there.texts).containsExactly("hello");
    assertThat(here.texts).isEmpty();
  }

  @Test
  void whoJoinsAWaitingTurnGetsWhatCameAfterAndNoBlock() {
    var early = subscribe("news");
    hub.publish("news", "before");
    var late = subscribe("news");
    hub.publish("news", "after");
    lane.run();
    assertThat(early.texts).containsExactly("before", "after");
    assertThat(early.blocks).hasSize(1);
    assertThat(late.texts).containsExactly("after");
    assertThat(late.blocks).isEmpty();
    hub.publish("news", "next");
    lane.run();
    assertThat(late.blocks).hasSize(1);
  }

  @Test
  void encodingOfABlockIsMadeOncePerLaneAndTurn() {
    var made = new AtomicInteger();
    for (var i = 0; i < 100; i++) {
      hub.subscribe(
          "news",
          lane,
          new Subscriber() {
            @Override
            public void deliver(Publication publication) {}

            @Override
            public void deliver(Block block) {
              block.encoding("joined", b -> made.incrementAndGet());
            }
          });
    }
    hub.publish("news", "one");
    hub.publish("news", "two");
    lane.run();
    assertThat(made).hasValue(1);
  }

  @Test
  void joinAndLeaveKeepTheirPlaceAmongPublications() {
    var recorder = subscribe("news");
    var anna = ClientInfo.of("anna", "a");
    hub.publish("news", "one");
    hub.publishJoin("news", anna);
    hub.publish("news", "two");
    hub.publish("news", "three");
    hub.publishLeave("news", anna);
    lane.run();
    assertThat(recorder.texts).containsExactly("one", "+a", "two", "three", "-a");
    assertThat(recorder.blocks).hasSize(2);
  }

  @Test
  void closedSubscriptionGetsNothingMoreAndClosesOnce() {
    var recorder = new Recorder();
    var subscription = hub.subscribe("news", lane, recorder);
    var other = subscribe("news");
    hub.publish("news", "queued");
    subscription.close();
    subscription.close();
    lane.run();
    assertThat(recorder.texts).isEmpty();
    assertThat(other.texts).containsExactly("queued");
    assertThat(hub.subscribers("news")).isEqualTo(1);
  }

  @Test
  void channelVanishesWithItsLastSubscriber() {
    var subscriptions = new ArrayList<Subscription>();
    for (var i = 0; i < 10_000; i++) {
      subscriptions.add(hub.subscribe("channel:" + i, lane, publication -> {}));
    }
    assertThat(hub.stats().channels()).isEqualTo(10_000);
    assertThat(hub.channels()).hasSize(10_000).containsEntry("channel:7", 1);
    subscriptions.forEach(Subscription::close);
    assertThat(hub.stats().channels()).isZero();
    assertThat(hub.stats().subscriptions()).isZero();
    assertThat(hub.channels()).isEmpty();
  }

  @Test
  void leavingAndJoiningInAnyOrderKeepsTheRightOnes() {
    var recorders = new ArrayList<Recorder>();
    var subscriptions = new ArrayList<Subscription>();
    for (var i = 0; i < 200; i++) {
      recorders.add(new Recorder());
      subscriptions.add(hub.subscribe("news", lane, recorders.getLast()));
    }
    for (var i = 0; i < 200; i++) {
      if (i % 3 != 0) {
        subscriptions.get(i).close();
      }
    }
    hub.publish("news", "hello");
    lane.run();
    for (var i = 0; i < 200; i++) {
      assertThat(recorders.get(i).texts).hasSize(i % 3 == 0 ? 1 : 0);
    }
    assertThat(hub.subscribers("news")).isEqualTo(67);
  }

  @Test
  void subscriberMayPublishCloseAndSubscribeFromInside() {
    var order = new ArrayList<String>();
    var first = new Subscription[1];
    first[0] =
        hub.subscribe(
            "news",
            publication -> {
              order.add("first " + publication.text());
              if (publication.text().equals("one")) {
                hub.publish("news", "two");
                hub.subscribe("news", later -> order.add("third " + later.text()));
                first[0].close();
              }
            });
    hub.subscribe("news", publication -> order.add("second " + publication.text()));
    hub.publish("news", "one");
    assertThat(order).containsExactly("first one", "second one", "second two", "third two");
  }

  @Test
  void subscriberThatThrowsCostsTheOthersNothing() {
    hub.subscribe(
        "news",
        lane,
        publication -> {
          throw new IllegalStateException("broken subscriber");
        });
    var other = subscribe("news");
    hub.publish("news", "one");
    lane.run();
    hub.publish("news", "two");
    lane.run();
    assertThat(other.texts).containsExactly("one", "two");
    assertThat(hub.stats().subscriberFailures()).isEqualTo(2);
  }

  @Test
  void anErrorOfOneSubscriberLeavesNoChannelOfItsLaneWaiting() {
    hub.subscribe(
        "news",
        lane,
        publication -> {
          throw new LinkageError("broken subscriber");
        });
    var other = subscribe("sports");
    for (var text : List.of("one", "two")) {
      hub.publish("news", text);
      hub.publish("sports", text);
      lane.run();
    }
    assertThat(other.texts).containsExactly("one", "two");
    assertThat(hub.stats().subscriberFailures()).isEqualTo(2);
  }

  @Test
  void laneThatFallsTooFarBehindLosesAndIsTold() {
    var small = Hub.over(MemoryBroker.create(), 2000);
    var recorder = new Recorder();
    var quick = new Recorder();
    small.subscribe("news", lane, recorder);
    small.subscribe("news", quick);
    for (var i = 0; i < 50; i++) {
      small.publish("news", new byte[100]);
    }
    assertThat(small.stats().backlogBytes()).isBetween(2000L, 2400L);
    assertThat(small.stats().dropped()).isPositive();
    lane.run();
    assertThat(recorder.texts).hasSizeLessThan(12).last().isEqualTo("interrupted");
    assertThat(quick.texts).hasSize(50);
    assertThat(small.stats().backlogBytes()).isZero();
    small.publish("news", "again");
    lane.run();
    assertThat(recorder.texts).last().isEqualTo("again");
  }

  @Test
  void laneThatRefusesItsTaskHoldsNothingBack() {
    var refusing = new AtomicInteger(1);
    var recorder = new Recorder();
    hub.subscribe(
        "news",
        task -> {
          if (refusing.getAndDecrement() > 0) {
            throw new RejectedExecutionException("shut down");
          }
          lane.execute(task);
        },
        recorder);
    hub.publish("news", "lost");
    assertThat(hub.stats().backlogBytes()).isZero();
    assertThat(hub.stats().dropped()).isEqualTo(1);
    hub.publish("news", "heard");
    lane.run();
    assertThat(recorder.texts).containsExactly("heard", "interrupted");
  }

  @Test
  void restoredLinkTellsEverySubscriberInOrder() {
    var remote = new RemoteBroker();
    var linked = Hub.over(remote);
    var recorder = new Recorder();
    linked.subscribe("news", lane, recorder);
    remote.sink.publication(Publication.of("news", "before".getBytes(UTF_8)).build());
    remote.sink.linkLost();
    assertThat(linked.linked()).isFalse();
    remote.sink.linkRestored();
    remote.sink.publication(Publication.of("news", "after".getBytes(UTF_8)).build());
    lane.run();
    assertThat(linked.linked()).isTrue();
    assertThat(recorder.texts).containsExactly("before", "interrupted", "after");
  }

  @Test
  void subscriptionIsActiveWhenTheBrokerSaysSo() {
    var remote = new RemoteBroker();
    var slow = Hub.over(remote);
    var first = slow.subscribe("news", lane, publication -> {});
    var second = slow.subscribe("news", lane, publication -> {});
    assertThat(remote.calls).containsExactly("+news");
    assertThat(first.active().toCompletableFuture()).isNotDone();
    remote.pending.removeFirst().complete(null);
    assertThat(first.active().toCompletableFuture()).isCompleted();
    assertThat(second.active().toCompletableFuture()).isCompleted();
    first.close();
    second.close();
    assertThat(remote.calls).containsExactly("+news", "-news");
  }

  @Test
  void failedSubscriptionIsToldAndTheNextOneTriesAgain() {
    var remote = new RemoteBroker();
    var failing = Hub.over(remote);
    var first = failing.subscribe("news", lane, publication -> {});
    remote.pending.removeFirst().completeExceptionally(new IllegalStateException("no link"));
    assertThat(first.active().toCompletableFuture()).isCompletedExceptionally();
    var second = failing.subscribe("news", lane, publication -> {});
    remote.pending.removeLast().complete(null);
    assertThat(second.active().toCompletableFuture()).isCompleted();
    first.close();
    assertThat(failing.subscribers("news")).isEqualTo(1);
    second.close();
    assertThat(remote.calls).containsExactly("+news", "-news", "+news", "-news");
    assertThat(failing.stats().subscriptions()).isZero();
  }

  @Test
  void manyEqualReadsCostTwo() {
    var remote = new RemoteBroker();
    var shared = Hub.over(remote);
    var query = HistoryQuery.since(new StreamPosition(3, "e"), 300);
    var first = shared.history("news", query).toCompletableFuture();
    var rest = new ArrayList<CompletableFuture<History>>();
    for (var i = 0; i < 1000; i++) {
      rest.add(shared.history("news", query).toCompletableFuture());
    }
    assertThat(remote.reads).hasSize(1);
    remote.reads.removeFirst().complete(History.none());
    assertThat(first).isCompleted();
    assertThat(rest).noneMatch(CompletableFuture::isDone);
    assertThat(remote.reads).as("a read that begins after they asked").hasSize(1);
    remote.reads.removeFirst().complete(History.none());
    assertThat(rest).allMatch(CompletableFuture::isDone);
    shared.history("news", query);
    assertThat(remote.reads).as("nothing is remembered").hasSize(1);
  }

  @Test
  void failedReadFailsItsOwnCallersOnly() {
    var remote = new RemoteBroker();
    var shared = Hub.over(remote);
    var first = shared.history("news", HistoryQuery.position()).toCompletableFuture();
    var second = shared.history("news", HistoryQuery.position()).toCompletableFuture();
    remote.reads.removeFirst().completeExceptionally(new IllegalStateException("no link"));
    remote.reads.removeFirst().complete(History.none());
    assertThat(first).isCompletedExceptionally();
    assertThat(second).isCompletedWithValue(History.none());
  }

  @Test
  void controlMessagesComeBackToEveryListener() {
    var heard = new ArrayList<String>();
    hub.onControl(message -> heard.add("a" + new String(message, UTF_8)));
    hub.onControl(message -> heard.add("b" + new String(message, UTF_8)));
    hub.publishControl("!".getBytes(UTF_8));
    assertThat(heard).containsExactly("a!", "b!");
  }

  @Test
  void closedHubFailsWhatIsAskedOfIt() {
    hub.close();
    assertThat(hub.publish("news", "late").toCompletableFuture()).isCompletedExceptionally();
    assertThat(hub.subscribe("news", publication -> {}).active().toCompletableFuture())
        .isCompletedExceptionally();
  }

  @Test
  void brokerServesOneHub() {
    var broker = MemoryBroker.create();
    Hub.over(broker);
    assertThat(Hub.over(broker).ready().toCompletableFuture()).isCompletedExceptionally();
    assertThatThrownBy(() -> Hub.over(MemoryBroker.create(), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void presenceIsTheBrokers() {
    var anna = ClientInfo.of("anna", "a");
    hub.presence().add("news", anna, Duration.ofMinutes(1));
    assertThat(hub.presence().presence("news").toCompletableFuture().join())
        .containsEntry("a", anna);
  }
}
