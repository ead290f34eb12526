package dev.dunlin.testing;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.internal.Budget;
import dev.dunlin.server.internal.PathPattern;
import dev.dunlin.server.internal.Router;
import dev.dunlin.server.internal.Target;
import dev.dunlin.websocket.ClientHandshake;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.RequestHead;
import dev.dunlin.websocket.UpgradeRequest;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;

/** The opening handshake, with the real parser on both sides. */
final class MemoryHandshake {
  final MemoryLane lane;
  final Target target;
  final UpgradeRequest request;
  final Map<String, String> variables;
  final Identity identity;
  final Handshake.Accepted accepted;

  MemoryHandshake(TestClient.Builder builder) {
    lane = builder.beside == null ? new MemoryLane() : builder.beside.lane;
    var router = new Router<Target>();
    router.add(
        PathPattern.parse(builder.route.path()),
        Target.of(builder.route, builder.endpoint, builder.limits, Budget.ofHeap()));
    var handshake =
        ClientHandshake.to("localhost", builder.target)
            .subprotocols(builder.subprotocols)
            .compression(builder.compression);
    builder.headers.forEach(handshake::header);
    var begun = handshake.begin(new SplittableRandom(3));
    request =
        switch (RequestHead.expect(builder.limits, false).feed(begun.request())) {
          case RequestHead.Complete complete -> complete.request();
          case Refusal refusal -> throw new TestClient.RefusedException(refusal);
          case RequestHead.NeedMore more ->
              throw new IllegalStateException("the request is not complete");
        };
    var match =
        router
            .match(request.path())
            .orElseThrow(() -> new TestClient.RefusedException(Refusal.of(404, "nothing is here")));
    target = match.target();
    variables = match.variables();
    identity = authenticate(target, request);
    accepted =
        switch (target.handshake().answer(request)) {
          case Handshake.Accepted answer -> answer;
          case Refusal refusal -> throw new TestClient.RefusedException(refusal);
        };
    switch (begun.receive(accepted.bytes())) {
      case ClientHandshake.Agreed agreed -> {}
      case ClientHandshake.Failed failed -> throw new IllegalStateException(failed.reason());
      case ClientHandshake.NeedMore more ->
          throw new IllegalStateException("the answer is not complete");
    }
  }

  private static Identity authenticate(Target target, UpgradeRequest request) {
    var authenticator = target.authenticator();
    if (authenticator.isEmpty()) {
      return Identity.anonymous();
    }
    var credentials = dev.dunlin.auth.Credentials.builder();
    request.headers().first("Authorization").ifPresent(credentials::authorization);
    try {
      return authenticator.get().authenticate(credentials.build()).toCompletableFuture().join();
    } catch (CompletionException | dev.dunlin.auth.AuthenticationException refused) {
      throw new TestClient.RefusedException(Refusal.of(401, "credentials not accepted"));
    }
  }
}
