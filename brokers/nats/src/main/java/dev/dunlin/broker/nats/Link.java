package dev.dunlin.broker.nats;

import dev.dunlin.channels.BrokerUnavailableException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.Dispatcher;
import io.nats.client.ErrorListener;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.KeyValue;
import io.nats.client.KeyValueOptions;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.Republish;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to one life of a server. It ends for good when it is lost: so {@link #life} is
 * true of whatever is sent over it, which it would not be of a connection that reconnects by
 * itself.
 *
 * <p>What returns no stage waits, and is called on virtual threads.
 */
final class Link {

  private static final Logger log = LoggerFactory.getLogger(Link.class);

  /** How long presence can be kept, and how long what was removed takes room. */
  static final Duration PRESENCE_TTL = Duration.ofHours(1);

  /** How long a stream is remembered at most. */
  private static final Duration MAX_AGE = Duration.ofDays(34);

  private static final int NAME_IN_USE = 10058;

  private final Duration timeout;
  private final Executor threads;
  private final Connection connection;
  private final JetStream jetStream;
  private final JetStreamManagement management;
  private final KeyValue presence;
  private final Dispatcher dispatcher;
  private final String life;
  private final CompletableFuture<String> lost;
  private final ReentrantLock lock = new ReentrantLock();
  private List<CompletableFuture<Void>> unflushed = new ArrayList<>(); // guarded by the lock
  private boolean flushing; // guarded by the lock

  /** Notices the end, which may come before the link is made. */
  private record Watch(CompletableFuture<String> lost) implements ConnectionListener {
    @Override
    public void connectionEvent(Connection connection, Events event) {
      if (event == Events.DISCONNECTED || event == Events.CLOSED) {
        lost.complete("the connection was closed");
      }
    }
  }

  /** What the driver has to say beside what calls answer and the watch notices. */
  private static final class Complaints implements ErrorListener {
    @Override
    public void errorOccurred(Connection connection, String error) {
      log.warn("NATS says: {}", error);
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception exception) {
      log.debug("the link to NATS failed: {}", NatsOptions.withoutUsers(exception));
    }

    @Override
    public void slowConsumerDetected(Connection connection, Consumer consumer) {
      log.warn("messages from NATS were dropped, since they came faster than they were taken");
    }
  }

  Link(NatsOptions options, Subjects subjects, MessageHandler handler, Executor threads)
      throws IOException, InterruptedException, JetStreamApiException {
    this.timeout = options.timeout();
    this.threads = threads;
    this.lost = new CompletableFuture<>();
    var settings =
        Options.builder()
            .server(options.url())
            .noReconnect()
            .connectionTimeout(timeout)
            .pingInterval(options.probeInterval())
            .maxPingsOut(8)
            .maxMessagesInOutgoingQueue(0) // else it keeps callers waiting; bytes are bounded
            .connectionListener(new Watch(lost))
            .errorListener(new Complaints());
    if (options.secure()) {
      settings
          .sslContext(NamedTls.context(options.tls()))
          // The other ways connect to addresses, which have no names to compare.
          .hostnameResolveMode(Options.HostnameResolveMode.HappyEyeballs);
    }
    this.connection = Nats.connect(settings.build());
    try {
      var waits = JetStreamOptions.builder().requestTimeout(timeout).build();
      this.jetStream = connection.jetStream(waits);
      this.management = connection.jetStreamManagement(waits);
      this.dispatcher = connection.createDispatcher(handler);
      this.life = prepare(options, subjects);
      this.presence =
          connection.keyValue(
              subjects.presence(), KeyValueOptions.builder().jetStreamOptions(waits).build());
    } catch (IOException | JetStreamApiException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Sees to it that stream and bucket are there; answers what names this life of them. */
  private String prepare(NatsOptions options, Subjects subjects)
      throws IOException, JetStreamApiException {
    var replicas = Math.max(1, options.replicas());
    var storage = options.memory() ? StorageType.Memory : StorageType.File;
    try {
      management.addStream(
          StreamConfiguration.builder()
              .name(subjects.stream())
              .subjects(subjects.keptByAll())
              .republish(
                  Republish.builder()
                      .source(subjects.keptByAll())
                      .destination(subjects.heardByAll())
                      .build())
              .maxMessagesPerSubject(2L * options.maxHistory()) // room for marks
              .maxAge(MAX_AGE)
              .duplicateWindow(options.idempotencyWindow())
              .storageType(storage)
              .replicas(replicas)
              .build());
    } catch (JetStreamApiException e) {
      existing(e);
    }
    try {
      connection
          .keyValueManagement()
          .create(
              KeyValueConfiguration.builder()
                  .name(subjects.presence())
                  .ttl(PRESENCE_TTL)
                  .storageType(storage)
                  .replicas(replicas)
                  .build());
    } catch (JetStreamApiException e) {
      existing(e);
    }
    var created = management.getStreamInfo(subjects.stream()).getCreateTime().toInstant();
    var server = connection.getServerInfo();
    // Each node of a cluster is connected to a server of its own, so that names no life.
    var clustered = server.getCluster() != null;
    return created.toEpochMilli()
        + (options.trustPersistence() || clustered ? "" : "." + server.getServerId());
  }

  /** It is there already, with settings that somebody chose: they are his. */
  private static void existing(JetStreamApiException e) throws JetStreamApiException {
    if (e.getApiErrorCode() != NAME_IN_USE) {
      throw e;
    }
  }

  String life() {
    return life;
  }

  Connection connection() {
    return connection;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  JetStream jetStream() {
    return jetStream;
  }

  JetStreamManagement management() {
    return management;
  }

  KeyValue presence() {
    return presence;
  }

  /** Completes with the reason when the link is gone for good. */
  CompletionStage<String> lost() {
    return lost;
  }

  /** Gives the link up. The first reason counts. */
  void lose(String reason) {
    lost.complete(reason);
    // a thread of its own: the broker's take nothing any more once it is closed
    var unused =
        Thread.startVirtualThread(() -> {
          try {
            connection.close();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /** Completes when the server has seen what was sent so far. Calls share their round trips. */
  CompletionStage<Void> flushed() {
    var done = new CompletableFuture<Void>();
    lock.lock();
    try {
      unflushed.add(done);
      if (!flushing) {
        flushing = true;
        threads.execute(this::flush);
      }
    } finally {
      lock.unlock();
    }
    return done;
  }

  /** One round trip at a time: the driver takes many unanswered ones for a dead server. */
  private void flush() {
    while (true) {
      List<CompletableFuture<Void>> waiting;
      lock.lock();
      try {
        if (unflushed.isEmpty()) {
          flushing = false;
          return;
        }
        waiting = unflushed;
        unflushed = new ArrayList<>();
      } finally {
        lock.unlock();
      }
      try {
        connection.flush(timeout);
        waiting.forEach(one -> one.complete(null));
      } catch (TimeoutException | RuntimeException e) {
        waiting.forEach(one -> one.completeExceptionally(unavailable(e)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        waiting.forEach(one -> one.completeExceptionally(unavailable(e)));
      }
    }
  }

  /** All messages of these subjects that the stream holds now from a sequence on, oldest first. */
  List<Message> read(String stream, String subjects, long from)
      throws IOException, JetStreamApiException, InterruptedException {
    var subscription =
        jetStream.subscribe(
            subjects,
            PushSubscribeOptions.builder().stream(stream)
                .ordered(true)
                .configuration(
                    from > 0
                        ? ConsumerConfiguration.builder()
                            .deliverPolicy(DeliverPolicy.ByStartSequence)
                            .startSequence(from)
                            .build()
                        : ConsumerConfiguration.builder().deliverPolicy(DeliverPolicy.All).build())
                .build());
    try {
      var messages = new ArrayList<Message>();
      var info = subscription.getConsumerInfo();
      var expected = info.getCalculatedPending() + info.getDelivered().getConsumerSequence();
      while (messages.size() < expected) {
        var message = subscription.nextMessage(timeout);
        if (message == null) {
          throw new BrokerUnavailableException("NATS did not send what it holds in time");
        }
        messages.add(message);
        if (message.metaData().pendingCount() == 0) {
          break;
        }
      }
      return messages;
    } finally {
      subscription.unsubscribe();
    }
  }

  /** Where in the stream a message lies that the stream has sent on. */
  static long sequence(Message message) {
    var headers = message.getHeaders();
    var sequence = headers == null ? null : headers.getFirst("Nats-Sequence");
    return sequence == null ? 0 : Long.parseLong(sequence);
  }

  static RuntimeException unavailable(Throwable failure) {
    return failure instanceof BrokerUnavailableException
            || failure instanceof IllegalArgumentException
        ? (RuntimeException) failure
        : new BrokerUnavailableException("NATS did not do it", failure);
  }
}
