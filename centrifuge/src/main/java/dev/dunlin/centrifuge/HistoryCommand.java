package dev.dunlin.centrifuge;

import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.StreamPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletionStage;

/** Carries out {@code history}. */
final class HistoryCommand {

  private HistoryCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.HistoryRequest request) {
    var channel = request.channel();
    if (channel.isEmpty()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    var rules = node.rules(channel);
    if (!rules.history()) {
      throw Rejection.error(ErrorCode.NOT_AVAILABLE);
    }
    var state = client.state();
    if (!Permissions.history(rules, state, channel, client.subscriptions().live(channel))) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
    var query = query(node, request, rules);
    return node.hub()
        .history(channel, query)
        .thenApply(history -> {
          if (request.since().filter(history::unrecoverable).isPresent()) {
            throw Rejection.error(ErrorCode.UNRECOVERABLE_POSITION);
          }
          var publications = new ArrayList<WirePublication>(history.publications().size());
          long bytes = 0;
          for (var publication : history.publications()) {
            var wire = Publications.wire(publication, state.json);
            bytes += wire.data().remaining();
            if (bytes > client.answerBytes() && !publications.isEmpty()) {
              break; // a shorter page: the client asks for the rest from there
            }
            publications.add(wire);
          }
          var top = history.position();
          return Answer.of(new Result.HistoryResult(publications, top.epoch(), top.offset()));
        });
  }

  private static HistoryQuery query(
      Node node, Request.HistoryRequest request, NamespaceOptions rules) {
    int most = node.options().recoveryLimit();
    int limit = request.limit() < 0 ? most : Math.min(request.limit(), most);
    if (request.reverse() && request.since().filter(since -> since.offset() == 0).isPresent()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    var start = request.reverse() ? StreamPosition.END : StreamPosition.START;
    return new HistoryQuery(request.since().orElse(start), limit, request.reverse(), Duration.ZERO)
        .opening(rules.historyMetaTtl());
  }
}
