package dev.dunlin.centrifuge;

import dev.dunlin.channels.PublishOptions;
import java.util.concurrent.CompletionStage;

/** Carries out {@code publish}: the reply is sent when the broker has the publication. */
final class PublishCommand {

  private PublishCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.PublishRequest request) {
    var channel = request.channel();
    if (channel.isEmpty()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    var rules = node.rules(channel);
    if (request.type() != 0) {
      throw Rejection.error(ErrorCode.NOT_AVAILABLE);
    }
    var data = Bytes.array(request.data());
    checkFormat(rules, data);
    var state = client.state();
    var subscription = state.subscriptions.get(channel);
    boolean subscribed = subscription != null && subscription.live();
    var info = client.info(subscription);
    var storage = Node.storage(rules).info(info);
    var hook = node.hooks().publish(channel);
    if (hook.isEmpty()) {
      if (!Permissions.publish(rules, state, channel, subscribed)) {
        throw Rejection.error(ErrorCode.PERMISSION_DENIED);
      }
      return publish(node, channel, data, storage);
    }
    return Node.ask(hook.get(), new Hooks.Publish(client.view(), channel, data))
        .thenCompose(allowed -> {
          checkFormat(rules, allowed.data());
          return publish(
              node,
              channel,
              allowed.data(),
              allowed
                  .options()
                  .map(options -> options.channel(Node.history(rules)).info(info))
                  .orElse(storage));
        });
  }

  private static CompletionStage<Answer> publish(
      Node node, String channel, byte[] data, PublishOptions options) {
    return node.hub()
        .publish(channel, data, options)
        .thenApply(published -> Answer.of(new Result.PublishResult()));
  }

  /** What a publication must be, from a client or through the server's API. */
  static void checkFormat(NamespaceOptions rules, byte[] data) {
    boolean fits =
        switch (rules.publicationDataFormat()) {
          case ANY -> data.length > 0;
          case JSON -> JsonText.valid(data);
          case JSON_OBJECT ->
              JsonText.valid(data) && data[JsonText.skipSpace(data, 0, data.length)] == '{';
          case BINARY -> true;
        };
    if (!fits) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
  }
}
