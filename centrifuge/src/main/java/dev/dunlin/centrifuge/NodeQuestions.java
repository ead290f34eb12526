package dev.dunlin.centrifuge;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the program asks of its other nodes, and answers to them, by topic. For all threads. */
final class NodeQuestions {

  private static final Logger log = LoggerFactory.getLogger(NodeQuestions.class);

  private final Map<String, Function<byte[], Optional<byte[]>>> topics = new ConcurrentHashMap<>();
  private final Map<Long, Pending> pending = new ConcurrentHashMap<>();

  void onQuestion(String topic, Function<byte[], Optional<byte[]>> answerer) {
    topics.put(topic, answerer);
  }

  /** The answer of this node; empty if it has none. May take its time. */
  Optional<byte[]> answer(String topic, byte[] body) {
    var answerer = topics.get(topic);
    try {
      return answerer == null ? Optional.empty() : answerer.apply(body);
    } catch (RuntimeException failure) {
      log.warn("a question of another node about {} could not be answered", topic, failure);
      return Optional.empty();
    }
  }

  /** A question to these nodes, which is over when so many have answered it. */
  Pending begin(long call, Collection<String> nodes, int enough) {
    var question = new Pending(nodes, enough);
    pending.put(call, question);
    question.all().whenComplete((answers, failure) -> pending.remove(call));
    return question;
  }

  /** Whether the reply was to a question. */
  boolean answered(long call, String node, Optional<byte[]> body) {
    var question = pending.get(call);
    if (question != null) {
      question.add(node, body);
    }
    return question != null;
  }

  void gone(String node) {
    pending.values().forEach(question -> question.add(node, Optional.empty()));
  }

  void close() {
    pending.values().forEach(Pending::end);
  }

  /** A question whose answers come in. */
  static final class Pending {

    private final CompletableFuture<List<byte[]>> all = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final int enough;

    // Guarded by the lock.
    private final Set<String> awaited;
    private final List<byte[]> answers = new ArrayList<>();

    private Pending(Collection<String> nodes, int enough) {
      this.awaited = new HashSet<>(nodes);
      this.enough = enough;
    }

    CompletionStage<List<byte[]>> all() {
      return all;
    }

    void add(String node, Optional<byte[]> body) {
      lock.lock();
      boolean over;
      try {
        if (awaited.remove(node)) {
          body.ifPresent(answers::add);
        }
        over = awaited.isEmpty() || answers.size() >= enough;
      } finally {
        lock.unlock();
      }
      if (over) {
        end();
      }
    }

    /** Whoever has not answered by now has no answer. */
    void end() {
      List<byte[]> found;
      lock.lock();
      try {
        found = List.copyOf(answers);
      } finally {
        lock.unlock();
      }
      all.complete(found);
    }
  }
}
