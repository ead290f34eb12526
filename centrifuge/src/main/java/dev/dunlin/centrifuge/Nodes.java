package dev.dunlin.centrifuge;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.dunlin.centrifuge.wire.NodeMessage;
import dev.dunlin.centrifuge.wire.NodeReply;
import dev.dunlin.centrifuge.wire.NodeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes that share a broker, as this one knows them, and what they ask of each other. See
 * {@code docs/design/nodes.md}.
 *
 * <p>A node that has {@linkplain CentrifugeEndpoint#join joined} says every second how it is; one
 * that says nothing for {@value #GONE_AFTER_MILLIS} ms, or says goodbye, is known no more. Calls go
 * to every node there is, known or not; the known ones are waited for. Safe for all threads.
 */
public final class Nodes implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Nodes.class);

  static final long BEAT_MILLIS = 1_000;
  static final long GONE_AFTER_MILLIS = 3_500;

  /** Longer than a dead node is known, so that the living alone decide. */
  static final long ANSWER_MILLIS = 4_500;

  private static final int REVOCATIONS_IN_A_MESSAGE = 500;

  private record Peer(NodeInfo info, long heardAt) {}

  /** What this node is once it has joined. */
  private record Membership(
      Node node, String uid, String name, Supplier<Map<String, String>> facts, long joinedAt) {}

  private final LongSupplier nanos;
  private final ConcurrentHashMap<String, Peer> peers = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, NodeAnswers> calls = new ConcurrentHashMap<>();
  private final NodeQuestions questions = new NodeQuestions();
  private final AtomicLong lastCall = new AtomicLong();
  private final AtomicLong unreadable = new AtomicLong();
  private volatile @Nullable Membership membership;
  private volatile @Nullable ScheduledThreadPoolExecutor timer;
  private volatile boolean closed;
  private volatile boolean unheard; // whether the last status did not leave

  Nodes() {
    this(System::nanoTime);
  }

  Nodes(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Begins to tell the others how this node is, and to do what they ask. Once. */
  void join(Node node, String uid, String name, Supplier<Map<String, String>> facts) {
    prepare(node, uid, name, facts);
    var executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("dunlin-nodes").factory());
    executor.setRemoveOnCancelPolicy(true);
    timer = executor;
    var unused =
        executor.scheduleAtFixedRate(this::beat, BEAT_MILLIS, BEAT_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** The same without a clock of its own: the test calls {@link #beat}. */
  void prepare(Node node, String uid, String name, Supplier<Map<String, String>> facts) {
    if (membership != null) {
      throw new IllegalStateException("this node has joined already");
    }
    membership = new Membership(node, uid, name, facts, nanos.getAsLong());
    node.hub().onControl(this::receive);
    send(NodeMessages.status(own(), "", true));
  }

  /** The nodes there are: this one first, then the others by name. Empty before it has joined. */
  public List<NodeInfo> all() {
    var all = new ArrayList<NodeInfo>();
    if (membership != null) {
      all.add(own());
      peers.values().stream()
          .map(Peer::info)
          .sorted(Comparator.comparing(NodeInfo::name).thenComparing(NodeInfo::uid))
          .forEach(all::add);
    }
    return all;
  }

  private String uid() {
    return requireNonNull(membership).uid();
  }

  private NodeInfo own() {
    var here = requireNonNull(membership);
    var stats = here.node().hub().stats();
    return new NodeInfo(
        here.uid(),
        here.name(),
        here.node().version(),
        Duration.ofNanos(nanos.getAsLong() - here.joinedAt()),
        here.node().clients().count(),
        here.node().clients().users(),
        stats.channels(),
        stats.subscriptions(),
        here.facts().get());
  }

  // ---- the timer

  /** Says how it is, and forgets who has said nothing for long. */
  void beat() {
    try {
      long now = nanos.getAsLong();
      peers.forEach((peer, known) -> {
        if (now - known.heardAt() > TimeUnit.MILLISECONDS.toNanos(GONE_AFTER_MILLIS)) {
          gone(peer);
        }
      });
      send(NodeMessages.status(own(), "", unheard))
          .whenComplete((sent, failure) -> unheard = failure != null);
    } catch (RuntimeException failure) {
      log.warn("this node could not say how it is", failure);
    }
  }

  private void gone(String peer) {
    var known = peers.remove(peer);
    if (known != null) {
      log.info("node {} is gone", known.info().name());
      calls.values().forEach(answers -> answers.gone(peer));
      questions.gone(peer);
    }
  }

  /** A message that does not leave is not worth a line: the broker says that the link is gone. */
  private CompletionStage<Void> send(byte[] message) {
    return requireNonNull(membership).node().hub().publishControl(message);
  }

  // ---- what comes

  private void receive(byte[] bytes) {
    if (closed) {
      return;
    }
    try {
      var message = NodeMessages.read(bytes);
      if (message.isPresent()) {
        accept(message.get());
      } else {
        passOver("it is of a version newer than " + NodeMessages.VERSION);
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException malformed) {
      passOver(String.valueOf(malformed.getMessage()));
    }
  }

  private void passOver(String why) {
    if (unreadable.getAndIncrement() == 0) {
      log.warn(
          "a message from another node was passed over: {}; later ones will be without a word",
          why);
    }
  }

  private void accept(NodeMessage message) {
    var from = message.getFrom();
    var uid = uid();
    if (from.equals(uid) || !message.getTo().isEmpty() && !message.getTo().equals(uid)) {
      return;
    }
    if (message.getGoodbye()) {
      gone(from);
      return;
    }
    if (message.hasStatus()) {
      var info = NodeMessages.info(from, message.getStatus());
      var known = peers.put(from, new Peer(info, nanos.getAsLong()));
      if (known == null) {
        log.info("node {} is here", info.name());
      }
      if (known == null || message.getHello()) {
        tellRevocations(from);
        // hello: it may have heard this node all the time, and so have no other cause to tell
        send(NodeMessages.status(own(), from, known == null));
      }
    }
    message
        .getRevocationsList()
        .forEach(each ->
            NodeMessages.revocation(each)
                .ifPresent(requireNonNull(membership).node().revocations()::add));
    if (message.hasRequest()) {
      carryOut(from, message.getRequest());
    }
    if (message.hasReply()) {
      answered(from, message.getReply());
    }
  }

  /** Whoever was not there when something was revoked learns of it now. */
  private void tellRevocations(String to) {
    var all = requireNonNull(membership).node().revocations().all();
    for (int i = 0; i < all.size(); i += REVOCATIONS_IN_A_MESSAGE) {
      var part = all.subList(i, Math.min(all.size(), i + REVOCATIONS_IN_A_MESSAGE));
      send(NodeMessages.revocations(uid(), to, part));
    }
  }

  private void carryOut(String from, NodeRequest request) {
    if (request.hasQuestion()) {
      var question = request.getQuestion();
      Thread.ofVirtual()
          .name("dunlin-question")
          .start(() -> {
            var body = questions.answer(question.getTopic(), question.getBody().toByteArray());
            send(NodeMessages.answer(uid(), from, request.getCall(), body));
          });
      return;
    }
    var call = NodeMessages.call(request);
    if (call.isEmpty()) {
      send(NodeMessages.failure(uid(), from, request.getCall(), ErrorCode.NOT_AVAILABLE));
      return;
    }
    new ServerApi(requireNonNull(membership).node())
        .here(call.get())
        .whenComplete((channels, failure) -> {
          if (failure == null) {
            NodeMessages.replies(uid(), from, request.getCall(), channels).forEach(this::send);
          } else {
            send(NodeMessages.failure(uid(), from, request.getCall(), error(failure)));
          }
        });
  }

  private static ErrorCode error(Throwable failure) {
    var refused = Rejection.in(failure);
    if (refused.isEmpty()) {
      log.warn("what another node asked for failed", failure);
    }
    return refused.flatMap(Rejection::error).orElse(ErrorCode.INTERNAL);
  }

  private void answered(String from, NodeReply reply) {
    var body =
        reply.hasBody() ? Optional.of(reply.getBody().toByteArray()) : Optional.<byte[]>empty();
    if (questions.answered(reply.getCall(), from, body)) {
      return;
    }
    var answers = calls.get(reply.getCall());
    if (answers != null) {
      answers.add(from, reply);
    }
  }

  // ---- calls

  /**
   * Asks all other nodes, if this one has joined them. The stage completes when each known one has
   * done it, with the channels they name and the sum of their subscribers; it fails if one could
   * not, or does not answer though it lives.
   */
  CompletionStage<Map<String, Integer>> ask(NodeCall what) {
    if (membership == null || closed) {
      return CompletableFuture.completedStage(Map.of());
    }
    long call = lastCall.incrementAndGet();
    var known = List.copyOf(peers.keySet());
    var answers = new NodeAnswers(known);
    calls.put(call, answers);
    known.stream().filter(peer -> !peers.containsKey(peer)).forEach(answers::gone);
    var limit = limit(answers::overdue);
    send(NodeMessages.request(uid(), call, what))
        .whenComplete((sent, failure) -> {
          if (failure == null) {
            answers.sent();
          } else {
            answers.fail(failure);
          }
        });
    return answers
        .all()
        .whenComplete((all, failure) -> {
          limit.run();
          calls.remove(call);
        });
  }

  /**
   * Says what this node answers to the questions of others about a topic; empty if it has no
   * answer. Called on a virtual thread for each question. An answer has at most a few hundred
   * kilobytes: brokers take no larger messages.
   */
  public void onQuestion(String topic, Function<byte[], Optional<byte[]>> answerer) {
    questions.onQuestion(topic, answerer);
  }

  /**
   * Asks the programs on all other nodes that are known. The stage completes with their answers
   * when {@code enough} have answered, or all have; whoever has none, does not know the topic or
   * says nothing for {@value #ANSWER_MILLIS} ms is left out. Fails if the question cannot be sent.
   */
  public CompletionStage<List<byte[]>> question(String topic, byte[] body, int enough) {
    var known = List.copyOf(peers.keySet());
    if (membership == null || closed || known.isEmpty()) {
      return CompletableFuture.completedStage(List.of());
    }
    long call = lastCall.incrementAndGet();
    var pending = questions.begin(call, known, enough);
    known.stream().filter(peer -> !peers.containsKey(peer)).forEach(questions::gone);
    var limit = limit(pending::end);
    return send(NodeMessages.question(uid(), call, topic, body))
        .handle((sent, failure) -> {
          if (failure != null) {
            pending.end();
          }
          return failure == null
              ? pending.all()
              : CompletableFuture.<List<byte[]>>failedStage(failure);
        })
        .thenCompose(answers -> answers)
        .whenComplete((answers, failure) -> limit.run());
  }

  /** Sets a limit to the wait; the answer takes it back. */
  private Runnable limit(Runnable overdue) {
    var executor = timer;
    if (executor == null) {
      return () -> {};
    }
    try {
      var limit = executor.schedule(overdue, ANSWER_MILLIS, TimeUnit.MILLISECONDS);
      return () -> limit.cancel(false);
    } catch (RejectedExecutionException closing) {
      overdue.run();
      return () -> {};
    }
  }

  /** Says goodbye; afterwards this node is alone. Idempotent. */
  @Override
  public void close() {
    if (membership == null || closed) {
      return;
    }
    closed = true;
    Optional.ofNullable(timer).ifPresent(ScheduledThreadPoolExecutor::shutdownNow);
    send(NodeMessages.goodbye(uid()));
    peers.clear();
    calls.values().forEach(NodeAnswers::overdue);
    questions.close();
  }
}
