package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.NamespaceOptions.DataFormat;
import dev.dunlin.channels.ClientInfo;
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
    var state = client.state();
    var subscription = state.subscriptions.get(channel);
    boolean subscribed = subscription != null && subscription.live();
    var hook = node.hooks().publish(channel);
    if (hook.isEmpty() && !Permissions.publish(rules, state, channel, subscribed)) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
    var info = client.subscriptions().info(subscription);
    return switch (rules.signedPublications()) {
      case OFF -> {
        checkFormat(rules, data);
        yield decided(node, client, channel, rules, data, info);
      }
      case VERIFIED ->
          client
              .signatures()
              .open(rules, channel, data)
              .thenCompose(message -> {
                checkFormat(rules, message);
                checkJson(state.json, message);
                return decided(node, client, channel, rules, message, info);
              });
      case CARRIED ->
          client
              .signatures()
              .open(rules, channel, data)
              .thenCompose(message -> {
                checkFormat(rules, message);
                checkJson(
                    rules.publicationDataFormat() != DataFormat.BINARY
                        && rules.publicationDataFormat() != DataFormat.ANY,
                    data);
                return decided(node, client, channel, rules, data, info);
              });
    };
  }

  /** What stands in a signed string need not be JSON; where subscribers count on it, it must. */
  private static void checkJson(boolean needed, byte[] data) {
    if (needed && !JsonText.valid(data)) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
  }

  /** Publishes, if a hook does not say no. */
  private static CompletionStage<Answer> decided(
      Node node,
      ClientHandler client,
      String channel,
      NamespaceOptions rules,
      byte[] data,
      ClientInfo info) {
    var storage = Node.storage(rules).info(info);
    var hook = node.hooks().publish(channel);
    if (hook.isEmpty()) {
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
