package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/** Carries out {@code rpc}: the application's hook answers. */
final class RpcCommand {

  private RpcCommand() {}

  static CompletionStage<Answer> run(Node node, ClientHandler client, Request.RpcRequest request) {
    if (request.method().equals(SignedPublications.PROCEDURE)) {
      var told = SignedPublications.told(node, client.state());
      if (told.isPresent()) {
        return Answer.now(new Result.RpcResult(ByteBuffer.wrap(told.get())));
      }
    }
    var hook = node.hooks().rpc().orElseThrow(() -> Rejection.error(ErrorCode.NOT_AVAILABLE));
    return Node.ask(
            hook, new Hooks.Rpc(client.view(), request.method(), Bytes.array(request.data())))
        .thenApply(data ->
            Answer.of(
                new Result.RpcResult(
                    data.length == 0 ? Codec.NOTHING : client.payload(ByteBuffer.wrap(data)))));
  }
}
