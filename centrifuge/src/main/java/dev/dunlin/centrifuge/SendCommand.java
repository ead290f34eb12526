package dev.dunlin.centrifuge;

import java.util.concurrent.CompletionStage;

/** Carries out {@code send}, which gets no reply. */
final class SendCommand {

  private SendCommand() {}

  static CompletionStage<?> run(Node node, ClientHandler client, Request.SendRequest request) {
    var hook =
        node.hooks().message().orElseThrow(() -> Rejection.disconnect(Disconnect.NOT_AVAILABLE));
    return Node.ask(hook, new Hooks.Message(client.view(), Bytes.array(request.data())));
  }
}
