package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.wire.NodeReply;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The answers of other nodes to one call, as they come in. */
final class NodeAnswers {

  private static final ErrorCode NO_ANSWER =
      new ErrorCode(ErrorCode.INTERNAL.code(), "a node did not answer", true);

  private final CompletableFuture<Map<String, Integer>> all = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Set<String> awaited;
  private final Map<String, Integer> channels = new HashMap<>();
  private @Nullable Throwable failure;
  private boolean sent;

  /** Waits for these nodes, once the call is {@link #sent}. */
  NodeAnswers(Collection<String> nodes) {
    awaited = new HashSet<>(nodes);
  }

  /** Completes when nobody is waited for any more. */
  CompletionStage<Map<String, Integer>> all() {
    return all;
  }

  void sent() {
    change(() -> sent = true);
  }

  void gone(String node) {
    change(() -> awaited.remove(node));
  }

  void add(String node, NodeReply reply) {
    var error = NodeMessages.error(reply);
    change(() -> {
      reply.getChannelsMap().forEach((name, count) -> channels.merge(name, count, Integer::sum));
      error.ifPresent(refusal -> failure = Rejection.error(refusal));
      if (!reply.getMore()) {
        awaited.remove(node);
      }
    });
  }

  void fail(Throwable cause) {
    all.completeExceptionally(cause);
  }

  void overdue() {
    fail(Rejection.error(NO_ANSWER));
  }

  private void change(Runnable change) {
    Throwable failed;
    Map<String, Integer> found;
    lock.lock();
    try {
      change.run();
      if (!sent || !awaited.isEmpty()) {
        return;
      }
      failed = failure;
      found = Map.copyOf(channels);
    } finally {
      lock.unlock();
    }
    if (failed == null) {
      all.complete(found);
    } else {
      all.completeExceptionally(failed);
    }
  }
}
