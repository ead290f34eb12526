package dev.dunlin.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.testing.BrokerFaults;
import dev.dunlin.testing.ServerProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What happens to those who publish and read when Redis goes and comes. */
@Timeout(60)
class RedisFaultTest extends BrokerFaults {

  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(100_000, Duration.ofMinutes(5)));

  private static ServerProcess redis;
  private static ServerProcess durable;

  @BeforeAll
  static void startBoth() throws Exception {
    redis = ServerProcess.redis();
    durable = ServerProcess.redis("--appendonly", "yes", "--appendfsync", "always");
  }

  @AfterAll
  static void stopBoth() throws Exception {
    for (var process : new ServerProcess[] {redis, durable}) {
      if (process != null) {
        process.close();
      }
    }
  }

  private Hub node(RedisOptions options) throws Exception {
    var hub = closing(Hub.over(RedisBroker.over(options)));
    await(hub.ready());
    return hub;
  }

  @Test
  void killedWithoutPersistenceNothingIsLostInSilence() throws Exception {
    var options = RedisOptions.at(redis.url()).timeout(Duration.ofSeconds(2));
    var here = node(options);
    var there = node(options);
    var readers = readers(here, there);
    for (var i = 0; i < 50; i++) {
      publish(i % 2 == 0 ? here : there, "before " + i, KEPT);
    }
    readers.forEach(reader -> eventually("50 each", () -> reader.received().size() == 50));
    var old = readers.getFirst().received().getLast().epoch();

    redis.kill();
    eventually("the loss of the link", () -> !here.linked() && !there.linked());
    var begun = System.nanoTime();
    assertThat(failure(here.publish(channel(), bytes("away"), KEPT)))
        .isInstanceOf(BrokerUnavailableException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(1));
    redis.restart();

    eventually("the link", () -> here.linked() && there.linked());
    readers.forEach(reader -> eventually("the bad news", () -> reader.losses() == 1));
    for (var i = 0; i < 50; i++) {
      publish(i % 2 == 0 ? here : there, "after " + i, KEPT);
    }
    for (var reader : readers) {
      eventually("50 more each", () -> reader.received().size() == 100);
      assertThat(reader.silentGap()).isEmpty();
      assertThat(reader.received().getLast().epoch()).isNotEqualTo(old);
      assertThat(texts(reader)).isEqualTo(texts(readers.getFirst()));
    }
  }

  @Test
  void killedUnderTrafficWithTrustedPersistenceNothingAcknowledgedIsLost() throws Exception {
    var options =
        RedisOptions.at(durable.url()).timeout(Duration.ofSeconds(2)).trustPersistence(true);
    killLosesNothingAcknowledged(durable, node(options), node(options));
  }

  @Test
  void untrustedPersistenceKeepsPublicationsAndKeysUnderANewEpoch() throws Exception {
    var hub = node(RedisOptions.at(durable.url()).timeout(Duration.ofSeconds(2)));
    killKeepsPublicationsAndKeysUnderANewEpoch(durable, hub);
  }

  @Test
  void starvedSubscriptionLinkIsNoticedAndRecovered() throws Exception {
    var proxy = closing(new Proxy(redis.port()));
    starve(
        proxy,
        RedisOptions.at(proxy.url())
            .timeout(Duration.ofMillis(700))
            .probeInterval(Duration.ofMillis(200)));
  }

  @Tag("figures")
  @Test
  void starvedSubscriptionLinkIsNoticedInTimeWithTheDefaults() throws Exception {
    var proxy = closing(new Proxy(redis.port()));
    assertThat(starve(proxy, RedisOptions.at(proxy.url()))).isLessThan(Duration.ofSeconds(30));
  }

  /** How long it took until what the link did not bring was there. */
  private Duration starve(Proxy proxy, RedisOptions options) throws Exception {
    var starved = node(options);
    var healthy = node(RedisOptions.at(redis.url()));
    var reader = readers(starved).getFirst();
    publish(healthy, "m1", KEPT);
    eventually("the first", () -> reader.received().size() == 1);

    proxy.starveSubscribers();
    var begun = System.nanoTime();
    publish(healthy, "m2", KEPT);
    eventually("the second", Duration.ofSeconds(30), () -> reader.received().size() == 2);
    var noticed = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(starved.brokerStats().probeFailures()).isPositive();
    assertThat(proxy.accepted()).as("connections, a new pair among them").isEqualTo(4);
    assertThat(reader.losses()).isZero();
    assertThat(reader.silentGap()).isEmpty();
    return noticed;
  }

  /** However often it is tested: a test is over before the next one begins. */
  @Test
  void slowAnswerIsNoStarvedLink() throws Exception {
    var hub =
        node(
            RedisOptions.at(redis.url())
                .timeout(Duration.ofMillis(1_000))
                .probeInterval(Duration.ofMillis(100)));
    long begun = published();
    eventually("a probe", () -> published() > begun);
    assertThat(redis.ask("CLIENT PAUSE 400 ALL")).startsWith("+OK");
    long resumed = published(); // answered once the pause is over
    eventually("as many as a second brings", () -> published() >= resumed + 12);
    assertThat(hub.brokerStats().probeFailures()).isZero();
    assertThat(hub.brokerStats().reconnects()).isZero();
  }

  private static long published() {
    try {
      var stats = redis.askAll("INFO commandstats");
      var calls = stats.replaceFirst("(?s).*cmdstat_publish:calls=(\\d+).*", "$1");
      return calls.equals(stats) ? 0 : Long.parseLong(calls);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void forgottenScriptsAreSentAgain() throws Exception {
    var hub = node(RedisOptions.at(redis.url()));
    publish(hub, "m1", KEPT);
    assertThat(redis.ask("SCRIPT FLUSH")).startsWith("+OK");
    assertThat(publish(hub, "m2", KEPT).position().offset()).isEqualTo(2);
  }

  @Test
  void tooMuchWaitingFailsAtOnce() throws Exception {
    var hub =
        node(RedisOptions.at(redis.url()).timeout(Duration.ofSeconds(1)).maxPendingBytes(10_000));
    assertThat(redis.ask("CLIENT PAUSE 300 ALL")).startsWith("+OK");
    var attempts =
        IntStream.range(0, 100)
            .mapToObj(i -> hub.publish(channel(), new byte[1000], KEPT).toCompletableFuture())
            .toList();
    var refused = attempts.stream().filter(CompletableFuture::isCompletedExceptionally).count();
    assertThat(refused).isBetween(90L, 99L);
    var accepted = attempts.stream().filter(attempt -> !attempt.isCompletedExceptionally());
    assertThat(accepted.map(this::await).map(result -> result.position().offset()))
        .hasSize((int) (100 - refused));
  }

  @Test
  void cutLinkIsRestoredWithAllItsChannels() throws Exception {
    var hub = node(RedisOptions.at(redis.url()));
    var arrived = ConcurrentHashMap.<String>newKeySet();
    var subscriptions =
        IntStream.range(0, 1200)
            .mapToObj(
                i -> hub.subscribe(channel() + i, publication -> arrived.add(publication.text())))
            .toList();
    subscriptions.forEach(subscription -> await(subscription.active()));

    assertThat(redis.ask("CLIENT KILL TYPE pubsub")).startsWith(":");
    eventually("the loss of the link", () -> !hub.linked());
    subscriptions.getLast().close();
    eventually("the link", hub::linked);
    for (var i = 0; i < 1200; i++) {
      await(hub.publish(channel() + i, bytes("" + i)));
    }
    eventually("all but the closed one", () -> arrived.size() == 1199);
    assertThat(arrived).doesNotContain("1199");
  }

  @Test
  void brokerWaitsForAServerThatIsNotThereYet() throws Exception {
    redis.kill();
    var hub = closing(Hub.over(RedisBroker.over(RedisOptions.at(redis.url()))));
    assertThat(failure(hub.publish(channel(), "early")))
        .isInstanceOf(BrokerUnavailableException.class);
    redis.restart();
    await(hub.ready());
    assertThat(publish(hub, "m1", KEPT).position().offset()).isEqualTo(1);
  }

  @Test
  void passwordReachesNoLog() throws Exception {
    var log = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    var level = log.getLevel();
    var appender = new ListAppender<ILoggingEvent>();
    appender.start();
    log.addAppender(appender);
    log.setLevel(Level.DEBUG);
    try {
      var url = "redis://user:geheim@127.0.0.1:" + redis.port();
      var hub = closing(Hub.over(RedisBroker.over(RedisOptions.at(url))));
      eventually(
          "the complaint",
          () ->
              List.copyOf(appender.list).stream()
                  .anyMatch(event -> event.getFormattedMessage().contains("WRONGPASS")));
      assertThat(failure(hub.publish(channel(), "x")).toString()).doesNotContain("geheim");
      assertThat(List.copyOf(appender.list))
          .noneMatch(event -> event.getFormattedMessage().contains("geheim"));
    } finally {
      log.detachAppender(appender);
      log.setLevel(level);
    }
  }
}
