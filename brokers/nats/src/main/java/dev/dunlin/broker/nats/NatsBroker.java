package dev.dunlin.broker.nats;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.PresenceStore;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.StreamPosition;
import io.nats.client.Message;
import io.nats.client.Options;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.net.URI;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Channels over NATS, for any number of nodes: with history over JetStream, without it over core
 * NATS. See {@code docs/design/nats.md}.
 *
 * <p>While the server cannot be reached, calls fail at once with {@link
 * BrokerUnavailableException}, and the broker tries to connect again, for as long as it is open. So
 * {@link #start} waits for a server that is not there yet.
 */
public final class NatsBroker implements Broker {

  private static final Logger log = LoggerFactory.getLogger(NatsBroker.class);

  private static final long FIRST_RETRY_MILLIS = 100;
  private static final long LAST_RETRY_MILLIS = 2_000;

  /** What a call takes beside its data. */
  private static final int CALL_BYTES = 512;

  private final NatsOptions options;
  private final String place;
  private final Subjects subjects;
  private final String probe;
  private final Places places = new Places();
  private final Streams streams;
  private final NatsPresence presence;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Turns turns;
  private final ScheduledThreadPoolExecutor timer; // one thread, which never waits
  private final AtomicLong pendingBytes = new AtomicLong();
  private final AtomicLong unreadable = new AtomicLong();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> wanted = new HashSet<>(); // guarded by the lock
  private @Nullable Link opening; // guarded by the lock
  private volatile @Nullable Link link; // written under the lock
  private volatile @Nullable Sink sink;
  private volatile @Nullable CompletableFuture<Void> heard;
  private volatile boolean closed;
  private long retryMillis = FIRST_RETRY_MILLIS; // the timer's thread alone
  private boolean complained; // the timer's thread alone

  private NatsBroker(NatsOptions options) {
    this.options = options;
    this.place = place(options);
    this.subjects = new Subjects(options.prefix());
    this.turns = new Turns(threads, options.timeout());
    this.probe = subjects.probe(UUID.randomUUID().toString());
    this.streams = new Streams(subjects, options, places);
    this.presence =
        new NatsPresence(
            subjects,
            new NatsPresence.Caller() {
              @Override
              public <T> CompletionStage<T> call(String channel, NatsPresence.Work<T> work) {
                return linked(
                    current -> turns.run("presence " + channel, known -> work.on(current)));
              }
            });
    this.timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "dunlin-nats");
              thread.setDaemon(true);
              return thread;
            });
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** A broker over this NATS, not yet started. */
  public static NatsBroker over(NatsOptions options) {
    if (options.secure()) {
      NamedTls.context(options.tls()); // what cannot be read is said at once
    }
    return new NatsBroker(options);
  }

  /** Where the servers are, without who we are. */
  private static String place(NatsOptions options) {
    try {
      var servers = Options.builder().server(options.url()).build().getServers();
      return String.join(
          ", ", servers.stream().map(URI::getAuthority).map(NatsBroker::withoutUser).toList());
    } catch (RuntimeException e) {
      // Without its message and itself as the cause: both may repeat the password.
      throw new IllegalArgumentException("url is not the URL of a NATS: nats://host:port");
    }
  }

  private static String withoutUser(String authority) {
    return authority.substring(authority.lastIndexOf('@') + 1);
  }

  // The link

  @Override
  public CompletionStage<Void> start(Sink sink) {
    if (this.sink != null) {
      return CompletableFuture.failedStage(
          new IllegalStateException("this broker has been started already: one hub, one broker"));
    }
    this.sink = sink;
    threads.execute(this::connect);
    var interval = options.probeInterval().toMillis();
    var unused =
        timer.scheduleWithFixedDelay(this::probe, interval, interval, TimeUnit.MILLISECONDS);
    return started.minimalCompletionStage();
  }

  /** Waits. */
  private void connect() {
    Link opened;
    try {
      opened = new Link(options, subjects, this::received, threads);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // the broker was closed
    } catch (Exception e) {
      onTimer(() -> retry(e));
      return;
    }
    Set<String> restored;
    lock.lock();
    try {
      if (closed) {
        opened.lose("the broker is closed");
        return;
      }
      opening = opened; // from here on it ends with the broker
      restored = Set.copyOf(wanted);
    } finally {
      lock.unlock();
    }
    CompletionStage<Void> subscribed;
    try {
      opened.dispatcher().subscribe(probe);
      opened.dispatcher().subscribe(subjects.control());
      restored.forEach(opened.dispatcher()::subscribe);
      subscribed = opened.flushed();
    } catch (IllegalStateException | RejectedExecutionException e) { // it is gone again already
      opened.lose("the server did not take the subscriptions");
      onTimer(() -> retry(e));
      return;
    }
    subscribed.whenComplete((done, failure) ->
        onTimer(() -> {
          if (failure == null) {
            connected(opened, restored);
          } else {
            opened.lose("the server did not take the subscriptions");
            retry(failure);
          }
        }));
  }

  private void connected(Link opened, Set<String> restored) {
    if (complained || started.isDone()) {
      log.info("the link to NATS at {} is up", place);
    }
    complained = false;
    retryMillis = FIRST_RETRY_MILLIS;
    lock.lock();
    try {
      link = opened;
      opening = null;
      for (var subject : restored) {
        if (!wanted.contains(subject)) {
          opened.dispatcher().unsubscribe(subject); // given up while we were away
        }
      }
    } catch (IllegalStateException e) {
      log.debug("the link is going already", e); // which is noticed below
    } finally {
      lock.unlock();
    }
    if (closed) {
      opened.lose("the broker is closed");
      return;
    }
    if (!started.complete(null)) {
      sink().linkRestored();
    }
    var unused = opened.lost().thenAccept(reason -> onTimer(() -> lost(opened, reason)));
  }

  private void lost(Link gone, String reason) {
    lock.lock();
    try {
      if (link != gone) {
        return;
      }
      link = null;
    } finally {
      lock.unlock();
    }
    heard = null;
    gone.lose(reason);
    if (closed) {
      return;
    }
    complained = true;
    log.warn("the link to NATS at {} is lost: {}", place, reason);
    sink().linkLost();
    later();
  }

  private void retry(Throwable failure) {
    if (!complained) {
      complained = true;
      log.warn("no link to NATS at {} yet: {}", place, NatsOptions.withoutUsers(failure));
    }
    later();
  }

  private void later() {
    var wait = retryMillis / 2 + ThreadLocalRandom.current().nextLong(retryMillis / 2);
    retryMillis = Math.min(2 * retryMillis, LAST_RETRY_MILLIS);
    if (!closed) {
      var unused = timer.schedule(() -> onThread(this::connect), wait, TimeUnit.MILLISECONDS);
    }
  }

  private void onTimer(Runnable task) {
    try {
      timer.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("the broker is closed", e);
    }
  }

  private void onThread(Runnable task) {
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("the broker is closed", e);
    }
  }

  /** Sends a message to ourselves: a link that carries nothing looks like a quiet one. */
  private void probe() {
    var probed = link;
    var last = heard;
    if (probed == null || last != null && !last.isDone()) {
      return; // a second one would take the answer of the first
    }
    var came = new CompletableFuture<Void>();
    heard = came;
    try {
      probed.connection().publish(probe, new byte[0]);
    } catch (RuntimeException e) {
      came.completeExceptionally(e);
    }
    came.orTimeout(options.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((done, failure) -> {
          if (failure != null && link == probed) {
            sink().probeFailed();
            probed.lose("a message to ourselves did not come back");
          }
        });
  }

  private Sink sink() {
    var known = sink;
    if (known == null) {
      throw new IllegalStateException("the broker is not started");
    }
    return known;
  }

  /** What comes over the link, on its dispatcher's one thread. */
  private void received(Message message) {
    try {
      var subject = message.getSubject();
      if (subject.equals(probe)) {
        var waiting = heard;
        if (waiting != null) {
          waiting.complete(null);
        }
      } else if (subject.equals(subjects.control())) {
        sink().control(message.getData());
      } else {
        deliver(subjects.channel(subject), message);
      }
    } catch (RuntimeException e) {
      // Nothing that one message brings may stop the others. Whoever misses it will see a gap.
      if (unreadable.getAndIncrement() == 0) {
        log.warn("a message from NATS was passed over; later ones will be without a word", e);
      }
    }
  }

  private void deliver(String channel, Message message) {
    var head = Streams.head(message.getHeaders());
    var data = message.getData();
    switch (head.kind()) {
      case KEPT -> {
        var publication =
            Envelope.publication(channel, Streams.own(head, data))
                .position(head.offset(), head.epoch())
                .time(head.time());
        if (head.before() > 0) {
          publication.previousData(Envelope.data(Arrays.copyOf(data, head.before())));
        }
        places.heard(channel, head.epoch(), head.offset(), Link.sequence(message));
        remember(channel, head, message);
        sink().publication(publication.build());
      }
      case PASSING -> {
        remember(channel, head, message);
        sink().publication(Envelope.publication(channel, data).time(head.sent()).build());
      }
      case JOIN -> sink().join(channel, Envelope.info(data));
      case LEAVE -> sink().leave(channel, Envelope.info(data));
      case MARK -> remember(channel, head, message);
    }
  }

  /** Saves whoever publishes here the attempts that would be refused. */
  private void remember(String channel, Head head, Message message) {
    turns.known(channel).ifPresent(known -> known.heard(head, message));
  }

  // Channels

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    var envelope = Envelope.of(data, options);
    if (!options.toHistory() && options.idempotencyKey().isEmpty()) {
      return say(channel, Head.Kind.PASSING, envelope)
          .thenApply(done -> PublishResult.at(StreamPosition.START));
    }
    return weighed(
        envelope,
        () ->
            linked(current ->
                turns.run(
                    channel,
                    known -> streams.publish(current, known, channel, envelope, options))));
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return say(channel, Head.Kind.JOIN, Envelope.of(info));
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return say(channel, Head.Kind.LEAVE, Envelope.of(info));
  }

  /** Core NATS: heard by whoever listens. The stage completes when the server has it. */
  private CompletionStage<Void> say(String channel, Head.Kind kind, byte[] data) {
    var message =
        NatsMessage.builder()
            .subject(subjects.heard(channel))
            .headers(new Headers().add(Head.HEADER, Head.loose(kind, System.currentTimeMillis())))
            .data(data)
            .build();
    return weighed(data, () -> sent(current -> current.connection().publish(message)));
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    return weighed(
        message, () -> sent(current -> current.connection().publish(subjects.control(), message)));
  }

  @Override
  public CompletionStage<Void> subscribe(String channel) {
    var subject = subjects.heard(channel);
    return sent(current -> {
      current.dispatcher().subscribe(subject);
      wanted.add(subject);
      places.follow(channel);
    });
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    var subject = subjects.heard(channel);
    lock.lock();
    try {
      wanted.remove(subject);
      places.forget(channel);
      var current = link;
      if (current == null) {
        return CompletableFuture.completedStage(null);
      }
      current.dispatcher().unsubscribe(subject);
    } catch (IllegalStateException e) {
      log.debug("the link is going", e); // and with it the subscription
    } finally {
      lock.unlock();
    }
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    return waiting(current -> streams.history(current, channel, query));
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    return this.<Boolean>linked(current ->
            turns.run(
                channel,
                known -> {
                  streams.removeHistory(current, known, channel);
                  return true;
                }))
        .thenApply(done -> null);
  }

  @Override
  public PresenceStore presence() {
    return presence;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    Link last;
    lock.lock();
    try {
      closed = true;
      last = link == null ? opening : link;
      link = null;
    } finally {
      lock.unlock();
    }
    timer.shutdownNow();
    started.completeExceptionally(new IllegalStateException("the broker is closed"));
    if (last != null) {
      last.lose("the broker is closed");
    }
    threads.shutdown();
  }

  // Calls

  private interface Call<T> {
    CompletionStage<T> on(Link link);
  }

  private interface Action {
    void on(Link link);
  }

  private <T> CompletionStage<T> linked(Call<T> call) {
    var current = link;
    if (current == null) {
      return CompletableFuture.failedStage(unlinked());
    }
    try {
      return call.on(current);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(unlinked());
    }
  }

  /** A call that has bytes wait for the server: beyond the limit it fails at once. */
  private <T> CompletionStage<T> weighed(byte[] data, Supplier<CompletionStage<T>> call) {
    long weight = data.length + CALL_BYTES;
    if (pendingBytes.addAndGet(weight) > options.maxPendingBytes()) {
      pendingBytes.addAndGet(-weight);
      return CompletableFuture.failedStage(
          new BrokerUnavailableException("too much waits for NATS already"));
    }
    return call.get().whenComplete((done, failure) -> pendingBytes.addAndGet(-weight));
  }

  private RuntimeException unlinked() {
    return closed
        ? new IllegalStateException("the broker is closed")
        : new BrokerUnavailableException("there is no link to NATS");
  }

  private <T> CompletionStage<T> waiting(NatsPresence.Work<T> work) {
    return linked(current -> {
      var result = new CompletableFuture<T>();
      threads.execute(() -> Turns.take(unused -> work.on(current), new Streams.Known(), result));
      return result;
    });
  }

  /** Has something sent, in the order of the calls; completes when the server has seen it. */
  private CompletionStage<Void> sent(Action action) {
    return linked(current -> {
      lock.lock();
      try {
        if (link != current) {
          return CompletableFuture.failedStage(unlinked());
        }
        action.on(current);
      } catch (IllegalStateException e) {
        return CompletableFuture.failedStage(Link.unavailable(e));
      } finally {
        lock.unlock();
      }
      return current.flushed();
    });
  }

  /** Makes NATS brokers: {@code nats}, with the options of {@link NatsOptions}. */
  public static final class Provider implements Broker.Provider {

    /** For {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public String name() {
      return "nats";
    }

    @Override
    public Broker open(Map<String, String> options) {
      return over(NatsOptions.of(options));
    }
  }
}
