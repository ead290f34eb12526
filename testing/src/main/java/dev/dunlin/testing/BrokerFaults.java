package dev.dunlin.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;

/**
 * What tests of a broker whose server goes and comes have in common: extend it. Each test has a
 * channel of its own; hubs and readers are closed after it, the last one first.
 *
 * <p>Stages are awaited for 10 s, what has no stage for 15 s. For the test's thread.
 */
public abstract class BrokerFaults {

  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(1_000, Duration.ofMinutes(5)));

  private final String channel = "fault:" + UUID.randomUUID();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** For subclasses. */
  protected BrokerFaults() {}

  @AfterEach
  final void closeAll() throws Exception {
    for (var i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  /** The channel of this test. */
  protected final String channel() {
    return channel;
  }

  /** Has the resource closed after the test. */
  protected final <T extends AutoCloseable> T closing(T resource) {
    open.add(resource);
    return resource;
  }

  /** A reader of the channel over each hub, live. */
  protected final List<StreamReader> readers(Hub... hubs) throws Exception {
    var readers = new ArrayList<StreamReader>();
    for (var hub : hubs) {
      var reader = closing(StreamReader.of(hub, channel));
      reader.live().get(10, TimeUnit.SECONDS);
      readers.add(reader);
    }
    return readers;
  }

  /** Publishes into the channel, once. */
  protected final PublishResult publish(Hub hub, String text, PublishOptions options) {
    return await(hub.publish(channel, bytes(text), options));
  }

  /** Publishes into the channel again and again while the broker is unavailable. */
  protected final PublishResult publishUntilAccepted(Hub hub, String text, PublishOptions options) {
    while (true) {
      try {
        return hub.publish(channel, bytes(text), options).toCompletableFuture().join();
      } catch (CompletionException e) {
        assertThat(e.getCause()).isInstanceOf(BrokerUnavailableException.class);
        LockSupport.parkNanos(5_000_000);
      }
    }
  }

  /** What the stage completes with. */
  protected final <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the stage did not complete", e);
    }
  }

  /** What the stage fails with. */
  protected static Throwable failure(CompletionStage<?> stage) throws Exception {
    try {
      var value = stage.toCompletableFuture().get(5, TimeUnit.SECONDS);
      throw new AssertionError("it did not fail, but gave " + value);
    } catch (ExecutionException e) {
      var cause = e.getCause();
      return cause == null ? e : cause;
    }
  }

  /** Waits until the condition holds. */
  protected static void eventually(String what, BooleanSupplier condition) {
    eventually(what, Duration.ofSeconds(15), condition);
  }

  /** Waits until the condition holds, so long at most. */
  protected static void eventually(String what, Duration patience, BooleanSupplier condition) {
    var end = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited for %s", what).isNegative();
      LockSupport.parkNanos(2_000_000);
    }
  }

  /**
   * Kills the server while 300 publications are made over one hub: what was acknowledged is in the
   * history and with the readers of both hubs, once and in order. For stores that keep all of it
   * and are trusted.
   */
  protected final void killLosesNothingAcknowledged(ServerProcess server, Hub here, Hub there)
      throws Exception {
    var readers = readers(here, there);
    var acknowledged = new ArrayList<PublishResult>();
    var running = new CountDownLatch(30);
    var publisher =
        CompletableFuture.runAsync(() -> {
          for (var i = 0; i < 300; i++) {
            // The key makes a retry safe: whether a failed attempt was accepted is not known.
            acknowledged.add(publishUntilAccepted(here, "" + i, KEPT.idempotencyKey("k" + i)));
            running.countDown();
          }
        });
    running.await();
    server.kill();
    server.restart();
    publisher.get(30, TimeUnit.SECONDS);

    var expected = IntStream.range(0, 300).mapToObj(i -> "" + i).toList();
    for (var reader : readers) {
      eventually("300 each", () -> reader.received().size() >= 300);
      assertThat(texts(reader)).isEqualTo(expected);
      assertThat(reader.losses()).isZero();
      assertThat(reader.silentGap()).isEmpty();
    }
    assertThat(acknowledged.stream().map(result -> result.position().offset()))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 300).mapToObj(Long::valueOf).toList());
    var history = await(there.history(channel(), HistoryQuery.first(HistoryQuery.ALL)));
    assertThat(history.publications().stream().map(Publication::text)).isEqualTo(expected);
  }

  /**
   * Kills the server between two publications: both are in the history, a key of before is known,
   * and the epoch is another one. For stores that keep all of it and are not trusted.
   */
  protected final void killKeepsPublicationsAndKeysUnderANewEpoch(ServerProcess server, Hub hub)
      throws Exception {
    var reader = readers(hub).getFirst();
    var before = publish(hub, "m1", KEPT.idempotencyKey("once"));
    eventually("the first", () -> reader.received().size() == 1);

    server.kill();
    server.restart();
    eventually("the bad news", () -> reader.losses() == 1);

    var again = publish(hub, "m1", KEPT.idempotencyKey("once"));
    assertThat(again.suppression()).isEqualTo(PublishResult.Suppression.IDEMPOTENCY);
    assertThat(again.position().offset()).isEqualTo(1);
    assertThat(again.position().epoch()).isNotEqualTo(before.position().epoch());
    var next = publish(hub, "m2", KEPT);
    assertThat(next.position().offset()).isEqualTo(2);
    var history = await(hub.history(channel(), HistoryQuery.first(HistoryQuery.ALL)));
    assertThat(history.position()).isEqualTo(next.position());
    assertThat(history.publications()).extracting(Publication::text).containsExactly("m1", "m2");
    eventually("the second", () -> reader.received().size() == 2);
    assertThat(reader.silentGap()).isEmpty();
  }

  /** The texts of what the reader received. */
  protected static List<String> texts(StreamReader reader) {
    return reader.received().stream().map(Publication::text).toList();
  }

  /** The text in UTF-8. */
  protected static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
