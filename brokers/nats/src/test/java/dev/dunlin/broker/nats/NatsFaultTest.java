package dev.dunlin.broker.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.StreamPosition;
import dev.dunlin.testing.BrokerFaults;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.testing.StreamReader;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What happens to those who publish and read when NATS goes and comes. */
@Timeout(60)
class NatsFaultTest extends BrokerFaults {

  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(1_000, Duration.ofMinutes(5)));

  private static ServerProcess nats;

  @BeforeAll
  static void startNats() throws Exception {
    nats = ServerProcess.nats();
  }

  @AfterAll
  static void stopNats() throws Exception {
    if (nats != null) {
      nats.close();
    }
  }

  private Hub node(NatsOptions options) throws Exception {
    var hub = closing(Hub.over(NatsBroker.over(options)));
    await(hub.ready());
    return hub;
  }

  @Test
  void killedInMemoryNothingIsLostInSilence() throws Exception {
    var options =
        NatsOptions.at(nats.url()).prefix("fleeting").memory(true).timeout(Duration.ofSeconds(2));
    var here = node(options);
    var there = node(options);
    var readers = readers(here, there);
    for (var i = 0; i < 50; i++) {
      publish(i % 2 == 0 ? here : there, "before " + i, KEPT);
    }
    readers.forEach(reader -> eventually("50 each", () -> reader.received().size() == 50));
    var old = readers.getFirst().received().getLast().epoch();

    nats.kill();
    eventually("the loss of the link", () -> !here.linked() && !there.linked());
    var begun = System.nanoTime();
    assertThat(failure(here.publish(channel(), bytes("away"), KEPT)))
        .isInstanceOf(BrokerUnavailableException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(1));
    nats.restart();

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
    var options = NatsOptions.at(nats.url()).timeout(Duration.ofSeconds(2)).trustPersistence(true);
    killLosesNothingAcknowledged(nats, node(options), node(options));
  }

  @Test
  void untrustedPersistenceKeepsPublicationsAndKeysUnderANewEpoch() throws Exception {
    var hub = node(NatsOptions.at(nats.url()).timeout(Duration.ofSeconds(2)));
    killKeepsPublicationsAndKeysUnderANewEpoch(nats, hub);
  }

  @Test
  void starvedLinkIsNoticedAndWhatWasMissedIsRecovered() throws Exception {
    starve(
        NatsOptions.at(nats.url())
            .timeout(Duration.ofMillis(700))
            .probeInterval(Duration.ofMillis(200)));
  }

  @Tag("figures")
  @Test
  void starvedLinkIsNoticedInTimeWithTheDefaults() throws Exception {
    assertThat(starve(NatsOptions.at(nats.url()))).isLessThan(Duration.ofSeconds(30));
  }

  /** How long it took to notice that nothing comes any more. */
  private Duration starve(NatsOptions options) throws Exception {
    var hub = node(options.trustPersistence(true));
    var reader = readers(hub).getFirst();
    publish(hub, "m1", KEPT);
    eventually("the first", () -> reader.received().size() == 1);

    nats.pause(); // its sockets stay open, and nothing comes any more
    var begun = System.nanoTime();
    Duration noticed;
    try {
      eventually("the loss of the link", Duration.ofSeconds(30), () -> !hub.linked());
      noticed = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(hub.brokerStats().probeFailures()).isPositive();
      assertThat(failure(hub.publish(channel(), bytes("away"), KEPT)))
          .isInstanceOf(BrokerUnavailableException.class);
    } finally {
      nats.resume();
    }
    eventually("the link", hub::linked);
    publishUntilAccepted(hub, "m2", KEPT.idempotencyKey("m2"));
    eventually("the second", () -> reader.received().size() == 2);
    assertThat(reader.losses()).isZero();
    assertThat(reader.silentGap()).isEmpty();
    return noticed;
  }

  /** However often it is tested: a test is over before the next one begins. */
  @Test
  void slowAnswerIsNoStarvedLink() throws Exception {
    var options =
        NatsOptions.at(nats.url())
            .prefix("slow")
            .timeout(Duration.ofMillis(1_000))
            .probeInterval(Duration.ofMillis(100));
    var hub = node(options);
    try (var connection = Nats.connect(nats.url())) {
      var probes = connection.subscribe("slow.probe.>");
      connection.flush(Duration.ofSeconds(10));
      assertThat(probes.nextMessage(Duration.ofSeconds(10))).isNotNull();
      nats.pause();
      try {
        var unused = new CountDownLatch(1).await(400, TimeUnit.MILLISECONDS);
      } finally {
        nats.resume();
      }
      long resumed = probes.getDeliveredCount();
      eventually("as many as a second brings", () -> taken(probes) >= resumed + 12);
      assertThat(hub.brokerStats().probeFailures()).isZero();
      assertThat(hub.brokerStats().reconnects()).isZero();
    }
  }

  private static long taken(Subscription probes) {
    return probes.getDeliveredCount() + probes.getPendingMessageCount();
  }

  /** Whoever closes a broker that still tries to connect is left with no connection. */
  @Test
  void closedWhileItConnectsLeavesNoConnection() throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var real = new Socket(InetAddress.getLoopbackAddress(), nats.port())) {
      var hub =
          Hub.over(NatsBroker.over(NatsOptions.at("nats://127.0.0.1:" + server.getLocalPort())));
      try (var socket = server.accept()) {
        hub.close(); // it waits for the server's first word
        var up = Thread.ofVirtual().start(() -> copy(socket, real));
        var down = Thread.ofVirtual().start(() -> copy(real, socket));
        assertThat(up.join(Duration.ofSeconds(20))).as("the end of the connection").isTrue();
        real.close();
        assertThat(down.join(Duration.ofSeconds(20))).isTrue();
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      LoggerFactory.getLogger(NatsFaultTest.class).debug("one side is gone", e);
    }
  }

  @Test
  void manyWhoComeBackAtOnceCostTwoReadsForEachChannelAndNode() throws Exception {
    var options = NatsOptions.at(nats.url()).timeout(Duration.ofSeconds(2)).trustPersistence(true);
    var hubs = List.of(node(options), node(options));
    var readers = new ArrayList<StreamReader>();
    for (var hub : hubs) {
      for (var i = 0; i < 40; i++) {
        var reader = closing(StreamReader.of(hub, channel() + i % 4));
        reader.live().get(10, TimeUnit.SECONDS);
        readers.add(reader);
      }
    }
    for (var i = 0; i < 4; i++) {
      await(hubs.getFirst().publish(channel() + i, bytes("m1"), KEPT));
    }
    readers.forEach(reader -> eventually("the first", () -> reader.received().size() == 1));
    var before = hubs.stream().mapToLong(hub -> hub.brokerStats().reads()).sum();

    nats.kill();
    eventually("the loss", () -> hubs.stream().noneMatch(Hub::linked));
    nats.restart();
    eventually("the links", () -> hubs.stream().allMatch(Hub::linked));
    readers.forEach(reader -> eventually("the way back", () -> resumed(reader) >= 2));
    var reads = hubs.stream().mapToLong(hub -> hub.brokerStats().reads()).sum() - before;
    assertThat(reads).as("4 channels x 2 nodes x 2, for 80 readers").isLessThanOrEqualTo(16);
    assertThat(readers).allMatch(reader -> reader.losses() == 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tooMuchWaitingFailsAtOnce(boolean kept) throws Exception {
    var hub = node(NatsOptions.at(nats.url()).maxPendingBytes(10_000));
    var options = kept ? KEPT : PublishOptions.of(ChannelOptions.defaults());
    nats.pause();
    List<CompletableFuture<PublishResult>> attempts;
    try {
      attempts =
          IntStream.range(0, 100)
              .mapToObj(i -> hub.publish(channel(), new byte[1000], options).toCompletableFuture())
              .toList();
      assertThat(attempts.stream().filter(CompletableFuture::isCompletedExceptionally))
          .hasSizeBetween(90, 99)
          .allSatisfy(attempt ->
              assertThat(failure(attempt)).isInstanceOf(BrokerUnavailableException.class));
    } finally {
      nats.resume();
    }
    attempts.stream().filter(attempt -> !attempt.isCompletedExceptionally()).forEach(this::await);
    await(hub.publish(channel(), new byte[1000], options));
  }

  private static long resumed(StreamReader reader) {
    return reader.events().stream().filter(StreamReader.Event.Resumed.class::isInstance).count();
  }

  @Test
  void whoAppendsAtOnceTakesTurns() throws Exception {
    var options = NatsOptions.at(nats.url());
    var nodes = List.of(node(options), node(options), node(options));
    var reader = readers(nodes.getFirst()).getFirst();
    var results =
        IntStream.range(0, 150)
            .mapToObj(i -> nodes.get(i % 3).publish(channel(), bytes("" + i), KEPT))
            .toList();
    assertThat(results.stream().map(this::await).map(result -> result.position().offset()))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, 150).mapToObj(Long::valueOf).toList());
    eventually("all of them", () -> reader.received().size() == 150);
    assertThat(reader.silentGap()).isEmpty();
  }

  @Test
  void nodesThatHearEachOtherAppendAtTheFirstAttempt() throws Exception {
    var options = NatsOptions.at(nats.url()).prefix("heard");
    var nodes = List.of(node(options), node(options));
    var readers = readers(nodes.getFirst(), nodes.getLast());
    for (var node : nodes) {
      publish(node, "so that it knows the channel", KEPT);
    }
    readers.forEach(reader -> eventually("the first", () -> reader.received().size() == 2));
    try (var connection = Nats.connect(nats.url())) {
      var attempts = connection.subscribe(new Subjects("heard").kept(channel()));
      var looks = connection.subscribe("$JS.API.STREAM.MSG.GET.heard");
      connection.flush(Duration.ofSeconds(10));
      for (var i = 0; i < 100; i++) {
        int count = i + 3;
        publish(nodes.get(i % 2), "" + i, KEPT);
        readers.forEach(reader -> eventually("it", () -> reader.received().size() == count));
      }
      connection.flush(Duration.ofSeconds(10));
      assertThat(attempts.getPendingMessageCount()).isEqualTo(100);
      assertThat(looks.getPendingMessageCount()).isZero();
      publish(node(options), "another", KEPT);
      eventually("a look", () -> looks.getPendingMessageCount() > 0);
    }
  }

  @Test
  void publicationsTooLargeToRememberAreCarriedAllTheSame() throws Exception {
    var options = NatsOptions.at(nats.url());
    var nodes = List.of(node(options), node(options));
    var reader = readers(nodes.getFirst()).getFirst();
    var expected = new ArrayList<String>();
    for (var i = 0; i < 6; i++) {
      expected.add(("" + i).repeat(i % 3 == 0 ? 10 : 5_000));
      publish(nodes.get(i % 2), expected.get(i), KEPT.delta(true));
    }
    eventually("all of them", () -> reader.received().size() == 6);
    assertThat(texts(reader)).isEqualTo(expected);
    assertThat(reader.received())
        .extracting(
            each -> each.previousData().map(data -> UTF_8.decode(data).toString()).orElse(""))
        .containsExactlyElementsOf(
            Stream.concat(Stream.of(""), expected.stream().limit(5)).toList());
  }

  @Test
  void whoMissedAFewIsReadNoMoreThanTheEnd() throws Exception {
    var options = NatsOptions.at(nats.url());
    var here = node(options);
    var there = node(options); // follows nothing, and so reads all
    var reader = readers(here).getFirst();
    for (var i = 1; i <= 200; i++) {
      publish(i % 2 == 0 ? here : there, "" + i, KEPT);
    }
    eventually("all of them", () -> reader.received().size() == 200);
    var epoch = reader.received().getFirst().epoch();
    for (var since : new long[] {0, 30, 31, 32, 63, 95, 191, 198, 199, 200}) {
      var query = HistoryQuery.since(new StreamPosition(since, epoch), HistoryQuery.ALL);
      var expected = LongStream.rangeClosed(since + 1, 200).boxed().toList();
      for (var hub : List.of(here, there)) {
        assertThat(await(hub.history(channel(), query)).publications())
            .extracting(Publication::offset)
            .containsExactlyElementsOf(expected);
      }
    }
    try (var connection = Nats.connect(nats.url())) {
      var subject = new Subjects("dunlin").heard(channel());
      var waiting = connection.subscribe(subject);
      connection.flush(Duration.ofSeconds(10)); // else the server may learn of it after the message
      publish(there, "201", KEPT);
      var message = waiting.nextMessage(Duration.ofSeconds(10));
      assertThat(Link.sequence(message)).as("the server tells where it lies").isPositive();
    }
  }

  @Test
  void historyBeyondItsSizeIsLetGoOf() throws Exception {
    var hub = node(NatsOptions.at(nats.url()).prefix("trimmed").maxHistory(10));
    var other = node(NatsOptions.at(nats.url()).prefix("trimmed").maxHistory(10));
    var small = PublishOptions.of(ChannelOptions.history(10, Duration.ofMinutes(5)));
    for (var i = 1; i <= 200; i++) {
      var position = publish(i % 3 == 0 ? other : hub, "" + i, small).position();
      assertThat(position.offset()).isEqualTo(i);
    }
    var history = await(hub.history(channel(), HistoryQuery.first(HistoryQuery.ALL)));
    assertThat(history.publications())
        .extracting(Publication::offset)
        .containsExactlyElementsOf(LongStream.rangeClosed(191, 200).boxed().toList());
    try (var connection = Nats.connect(nats.url())) {
      var state = connection.jetStreamManagement().getStreamInfo("trimmed").getStreamState();
      assertThat(state.getMsgCount()).isEqualTo(20);
    }
  }

  @Test
  void whatCannotBeKeptIsRefused() throws Exception {
    var hub = node(NatsOptions.at(nats.url()));
    var huge = PublishOptions.of(ChannelOptions.history(1_001, Duration.ofMinutes(5)));
    assertThat(failure(hub.publish(channel(), bytes("x"), huge)))
        .isInstanceOf(IllegalArgumentException.class);
    var longLived = KEPT.idempotencyKey("k").idempotencyTtl(Duration.ofHours(1));
    assertThat(failure(hub.publish(channel(), bytes("x"), longLived)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(failure(hub.presence().add(channel(), ClientInfo.of("u", "c"), Duration.ofHours(2))))
        .isInstanceOf(IllegalArgumentException.class);
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
      var url = "nats://user:geheim@127.0.0.1:1";
      var hub = closing(Hub.over(NatsBroker.over(NatsOptions.at(url))));
      eventually(
          "the complaint",
          () ->
              List.copyOf(appender.list).stream()
                  .anyMatch(event -> event.getFormattedMessage().contains("no link to NATS")));
      assertThat(failure(hub.publish(channel(), "x")).toString()).doesNotContain("geheim");
      assertThat(List.copyOf(appender.list))
          .noneMatch(event -> event.getFormattedMessage().contains("geheim"));
    } finally {
      log.detachAppender(appender);
      log.setLevel(level);
    }
  }
}
