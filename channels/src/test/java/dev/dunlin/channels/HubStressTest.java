package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Recovery.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publishers, subscribers that come and go, and lanes, all at once: invariants afterwards. */
@Timeout(60)
class HubStressTest {

  private static final int PUBLISHERS = 4;
  private static final int EACH = 1500;
  private static final int TOTAL = PUBLISHERS * EACH;
  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(TOTAL, Duration.ofMinutes(5)));

  private final MemoryBroker broker = MemoryBroker.create();
  private final Hub hub = Hub.over(broker);

  private void publish(ExecutorService threads, List<Future<?>> running) {
    for (var p = 0; p < PUBLISHERS; p++) {
      var name = "p" + p + ":";
      running.add(
          threads.submit(() -> {
            for (var i = 0; i < EACH; i++) {
              hub.publish("stream", (name + i).getBytes(UTF_8), KEPT);
            }
          }));
    }
  }

  @Test
  void allSubscribersSeeTheOneOrderOfTheStream() throws Exception {
    var received = new ArrayList<List<Publication>>();
    var complete = new CountDownLatch(9);
    try (var lanes = new Lanes(3);
        var threads = Executors.newFixedThreadPool(PUBLISHERS)) {
      for (var i = 0; i < 9; i++) {
        var own = new ArrayList<Publication>();
        received.add(own);
        hub.subscribe(
            "stream",
            lanes.get(i),
            publication -> {
              own.add(publication);
              if (own.size() == TOTAL) {
                complete.countDown();
              }
            });
      }
      var running = new ArrayList<Future<?>>();
      publish(threads, running);
      for (var publisher : running) {
        publisher.get();
      }
      complete.await();
    }
    var offsets = LongStream.rangeClosed(1, TOTAL).boxed().toList();
    for (var own : received) {
      assertThat(own.stream().map(Publication::offset).toList()).isEqualTo(offsets);
      assertThat(own).as("the same objects, shared").isEqualTo(received.getFirst());
    }
  }

  @Test
  void whoComesAndGoesAndRecoversHasEverythingOnceAndInOrder() throws Exception {
    var insufficient = new AtomicInteger();
    try (var lanes = new Lanes(3);
        var threads = Executors.newCachedThreadPool()) {
      var running = new ArrayList<Future<?>>();
      var clients = IntStream.range(0, 6).mapToObj(i -> new Client(lanes.get(i))).toList();
      publish(threads, running);
      for (var client : clients) {
        running.add(threads.submit(() -> client.comeAndGo(insufficient)));
      }
      for (var task : running) {
        task.get();
      }
      for (var client : clients) {
        assertThat(client.offsets).isEqualTo(LongStream.rangeClosed(1, TOTAL).boxed().toList());
      }
    }
    assertThat(insufficient).hasValue(0);
    assertThat(hub.stats().channels()).isZero();
    assertThat(hub.stats().subscriptions()).isZero();
    assertThat(hub.stats().backlogBytes()).isZero();
    assertThat(hub.stats().subscriberFailures()).isZero();
  }

  @Test
  void channelsMadeAndUnmadeAtOnceLeaveNothingBehind() throws Exception {
    try (var lanes = new Lanes(2);
        var threads = Executors.newFixedThreadPool(6)) {
      var running = new ArrayList<Future<?>>();
      for (var t = 0; t < 6; t++) {
        var lane = lanes.get(t);
        running.add(
            threads.submit(() -> {
              var random = ThreadLocalRandom.current();
              var open = new ArrayList<Subscription>();
              for (var i = 0; i < 3000; i++) {
                var channel = "channel:" + random.nextInt(4);
                switch (random.nextInt(3)) {
                  case 0 -> open.add(hub.subscribe(channel, lane, publication -> {}));
                  case 1 -> {
                    if (!open.isEmpty()) {
                      open.remove(random.nextInt(open.size())).close();
                    }
                  }
                  default -> hub.publish(channel, "x");
                }
              }
              open.forEach(Subscription::close);
            }));
      }
      for (var task : running) {
        task.get();
      }
    }
    assertThat(hub.stats().channels()).isZero();
    assertThat(hub.stats().subscriptions()).isZero();
    assertThat(hub.stats().backlogBytes()).isZero();
    assertThat(broker.streams()).isZero();
  }

  @Test
  void presenceAddedAndRemovedAtOnceEndsAsTheLastCallsSaid() throws Exception {
    var presence = broker.presence();
    try (var threads = Executors.newFixedThreadPool(4)) {
      var running = new ArrayList<Future<?>>();
      for (var t = 0; t < 4; t++) {
        var own = t;
        running.add(
            threads.submit(() -> {
              for (var i = 0; i < 2000; i++) {
                var info = ClientInfo.of("user", own + ":" + i % 10);
                presence.add("room", info, Duration.ofMinutes(1));
                if (i % 10 != 0) {
                  presence.remove("room", info);
                }
              }
            }));
      }
      for (var task : running) {
        task.get();
      }
    }
    assertThat(presence.presence("room").toCompletableFuture().join())
        .containsOnlyKeys("0:0", "1:0", "2:0", "3:0");
    assertThat(presence.stats("room").toCompletableFuture().join())
        .isEqualTo(new PresenceStats(4, 1));
  }

  /** A subscriber that leaves after a random number of publications and recovers, to the end. */
  private final class Client {

    private final ExecutorService lane;
    private final List<Long> offsets = new ArrayList<>();
    private StreamPosition position = StreamPosition.START;

    Client(ExecutorService lane) {
      this.lane = lane;
    }

    Void comeAndGo(AtomicInteger insufficient) throws Exception {
      while (position.offset() < TOTAL) {
        var enough = new CountDownLatch(1);
        var goal =
            Math.min(TOTAL, position.offset() + 1 + ThreadLocalRandom.current().nextInt(800));
        var recovery = Recovery.since(position, TOTAL);
        var subscription =
            hub.subscribe(
                "stream",
                lane,
                publication -> {
                  var verdict = recovery.receive(publication);
                  if (verdict == Verdict.DELIVER) {
                    take(publication, goal, enough);
                  } else if (verdict == Verdict.INSUFFICIENT) {
                    insufficient.incrementAndGet();
                    enough.countDown();
                  }
                });
        var history =
            hub.history("stream", recovery.query(Duration.ofMinutes(5)))
                .toCompletableFuture()
                .get();
        lane.submit(
                () -> {
                  var resumed = recovery.resume(history);
                  if (!resumed.recovered()) {
                    insufficient.incrementAndGet();
                    enough.countDown();
                  }
                  resumed.publications().forEach(missed -> take(missed, goal, enough));
                })
            .get();
        enough.await();
        lane.submit(subscription::close).get();
      }
      return null;
    }

    private void take(Publication publication, long goal, CountDownLatch enough) {
      offsets.add(publication.offset());
      position = publication.position();
      if (publication.offset() >= goal) {
        enough.countDown();
      }
    }
  }

  /** Serial executors, closed together. */
  private static final class Lanes implements AutoCloseable {

    private final List<ExecutorService> lanes;

    Lanes(int count) {
      lanes = IntStream.range(0, count).mapToObj(i -> Executors.newSingleThreadExecutor()).toList();
    }

    ExecutorService get(int i) {
      return lanes.get(i % lanes.size());
    }

    @Override
    public void close() {
      lanes.forEach(ExecutorService::close);
    }
  }
}
