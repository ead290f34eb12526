package dev.dunlin.centrifuge;

import dev.dunlin.channels.ClientInfo;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Carries out {@code presence} and {@code presence_stats}, which share their permission. */
final class PresenceCommand {

  /** What stands around the fields of an entry: names, quotes and commas. */
  private static final int ENTRY_BYTES = 40;

  private PresenceCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.PresenceRequest request) {
    check(node, client, request.channel());
    return node.hub()
        .presence()
        .presence(request.channel())
        .thenApply(present -> {
          // half a presence would be a lie; how many are there is asked with presence_stats
          if (size(present, client.answerBytes()) > client.answerBytes()) {
            throw Rejection.error(ErrorCode.LIMIT_EXCEEDED);
          }
          return Answer.of(new Result.PresenceResult(present));
        });
  }

  /** About how long the answer will be; counted no further than needed. */
  private static long size(Map<String, ClientInfo> present, long enough) {
    long bytes = 0;
    for (var info : present.values()) {
      bytes += ENTRY_BYTES + info.user().length() + 2L * info.client().length();
      bytes += info.connInfo().remaining() + info.chanInfo().remaining();
      if (bytes > enough) {
        break;
      }
    }
    return bytes;
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
    if (!Permissions.presence(rules, state, channel, client.subscriptions().live(channel))) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
  }
}
