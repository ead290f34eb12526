package dev.dunlin.app;

import dev.dunlin.app.Fields.Malformed;
import dev.dunlin.centrifuge.Disconnect;
import dev.dunlin.centrifuge.SubscribeOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads what the API and back ends say about subscriptions and disconnects. */
final class SubscriptionFields {

  private SubscriptionFields() {}

  /** {@code info}, {@code data}, {@code expire_at}, {@code override}, {@code recover_since}. */
  static SubscribeOptions options(Fields fields) throws Malformed {
    var override = fields.object("override");
    return new SubscribeOptions(
        fields.payload("info"),
        fields.payload("data"),
        fields.instant("expire_at"),
        override.isPresent() ? override(override.get()) : SubscribeOptions.Override.NONE,
        fields.position("recover_since"));
  }

  private static SubscribeOptions.Override override(Fields fields) throws Malformed {
    return new SubscribeOptions.Override(
        flag(fields, "presence"),
        flag(fields, "join_leave"),
        flag(fields, "force_push_join_leave"),
        flag(fields, "force_positioning"),
        flag(fields, "force_recovery"));
  }

  /** {@code {"value": true}}. */
  private static Optional<Boolean> flag(Fields fields, String name) throws Malformed {
    var value = fields.object(name);
    return value.isEmpty() ? Optional.empty() : Optional.of(value.get().flag("value"));
  }

  /** Server-side subscriptions of a connect answer: {@code subs} wins over {@code channels}. */
  static Map<String, SubscribeOptions> subscriptions(Fields fields) throws Malformed {
    var subscriptions = new LinkedHashMap<String, SubscribeOptions>();
    var subs = fields.object("subs");
    if (subs.isEmpty()) {
      fields.texts("channels").forEach(name -> subscriptions.put(name, SubscribeOptions.NONE));
      return subscriptions;
    }
    for (var channel : subs.get().names()) {
      var options = subs.get().object(channel);
      subscriptions.put(
          channel, options.isPresent() ? options(options.get()) : SubscribeOptions.NONE);
    }
    return subscriptions;
  }

  /** {@code code} and {@code reason}. */
  static Disconnect disconnect(Fields fields) throws Malformed {
    try {
      return new Disconnect(Math.toIntExact(fields.number("code")), fields.text("reason"));
    } catch (ArithmeticException | IllegalArgumentException wrong) {
      throw new Malformed("disconnect: " + wrong.getMessage());
    }
  }
}
