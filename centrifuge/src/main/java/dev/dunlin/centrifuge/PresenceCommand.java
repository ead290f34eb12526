package dev.dunlin.centrifuge;

import java.util.concurrent.CompletionStage;

/** Carries out {@code presence} and {@code presence_stats}, which share their permission. */
final class PresenceCommand {

  private PresenceCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.PresenceRequest request) {
    check(node, client, request.channel());
    return node.hub()
        .presence()
        .presence(request.channel())
        .thenApply(present -> Answer.of(new Result.PresenceResult(present)));
  }

  static CompletionStage<Answer> stats(
      Node node, ClientHandler client, Request.PresenceStatsRequest request) {
    check(node, client, request.channel());
    return node.hub()
        .presence()
        .stats(request.channel())
        .thenApply(
            stats -> Answer.of(new Result.PresenceStatsResult(stats.clients(), stats.users())));
  }

  private static void check(Node node, ClientHandler client, String channel) {
    if (channel.isEmpty()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    var rules = node.rules(channel);
    if (!rules.presence()) {
      throw Rejection.error(ErrorCode.NOT_AVAILABLE);
    }
    var state = client.state();
    if (!Permissions.presence(rules, state, channel, client.subscribed(channel))) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
  }
}
