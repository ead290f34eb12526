package dev.dunlin.centrifuge;

import java.util.concurrent.CompletionStage;

/** Carries out {@code unsubscribe}; a channel that is not subscribed gets the same answer. */
final class UnsubscribeCommand {

  private UnsubscribeCommand() {}

  static CompletionStage<Answer> run(ClientHandler client, Request.UnsubscribeRequest request) {
    if (request.channel().isEmpty()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    client.subscriptions().drop(request.channel());
    return Answer.now(new Result.UnsubscribeResult());
  }
}
