package dev.dunlin.centrifuge;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a command that was carried out answers, and what happens once the answer is queued.
 *
 * @param afterReply runs on the lane right after the reply is queued: what must not overtake it
 */
record Answer(Result result, Runnable afterReply) {

  static Answer of(Result result) {
    return new Answer(result, () -> {});
  }

  static CompletionStage<Answer> now(Result result) {
    return CompletableFuture.completedStage(of(result));
  }
}
