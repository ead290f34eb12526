package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * What a fuzzer calls with any bytes: each either returns or finds a fault. The outcome for bad
 * input is the checked one; every other exception is a fault.
 */
final class FuzzTargets {

  private FuzzTargets() {}

  static void json(byte[] message) {
    try {
      List<Command> commands = JsonCodec.INSTANCE.decode(ByteBuffer.wrap(message));
      for (Command command : commands) {
        filter(command);
        if (command instanceof Command.Call call
            && call.request() instanceof Request.PublishRequest publish
            && publish.data().hasRemaining()
            && JsonText.embeddable(publish.data()).isEmpty()) {
          throw new AssertionError("a decoded payload is not embeddable");
        }
      }
    } catch (BadCommandException refused) {
      return; // the documented outcome
    }
  }

  static void protobuf(byte[] message) {
    try {
      ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(message)).forEach(FuzzTargets::filter);
    } catch (BadCommandException refused) {
      return; // the documented outcome
    }
  }

  private static void filter(Command command) {
    if (command instanceof Command.Call call
        && call.request() instanceof Request.SubscribeRequest subscribe
        && subscribe.tf().isPresent()) {
      try {
        TagsFilter.compile(subscribe.tf().get()).matches(Map.of("a", "1"));
      } catch (TagsFilter.InvalidFilterException refused) {
        return; // the documented outcome
      }
    }
  }
}
