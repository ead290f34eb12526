package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.Identity;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a verified token says to the channel protocol, beyond whose it is: the claims that
 * Centrifugo's users know.
 *
 * @param user the subject
 * @param channel the channel of a subscription token; empty in a connection token
 * @param client the connection that a subscription token is for; empty for any
 * @param info what other clients see
 * @param data handed to the client with the subscription
 * @param subs server-side subscriptions by channel
 * @param meta kept for hooks
 * @param expiresAt when the connection or subscription ends: {@code expire_at}, else {@code exp}
 * @param override options replaced for the subscription
 */
record TokenClaims(
    String user,
    String channel,
    String client,
    byte[] info,
    byte[] data,
    Map<String, SubscribeOptions> subs,
    String meta,
    Optional<Instant> expiresAt,
    SubscribeOptions.Override override) {

  /** Reads the claims of an identity. */
  static TokenClaims of(Identity identity) throws BadCommandException {
    return new Reading().read(identity);
  }

  /** The options that a subscription token gives to its subscription. */
  SubscribeOptions options() {
    return new SubscribeOptions(info, data, expiresAt, override, Optional.empty());
  }

  private static final class Reading {

    private String channel = "";
    private String client = "";
    private byte[] info = {};
    private byte[] data = {};
    private Map<String, SubscribeOptions> subs = Map.of();
    private Map<String, SubscribeOptions> channels = Map.of();
    private String meta = "";
    private SubscribeOptions.Override override = SubscribeOptions.Override.NONE;
    private @Nullable Long exp;
    private @Nullable Long expireAt;

    TokenClaims read(Identity identity) throws BadCommandException {
      byte[] json = identity.claims().getBytes(UTF_8);
      try (var reader = new JsonReader(json, 0, json.length)) {
        for (String name = reader.next(); name != null; name = reader.next()) {
          claim(reader, name);
        }
      }
      return new TokenClaims(
          identity.subject(),
          channel,
          client,
          info,
          data,
          subs.isEmpty() ? channels : subs,
          meta,
          end(),
          override);
    }

    /** An explicit end of 0 means none, while {@code exp} still governs the token. */
    private Optional<Instant> end() {
      Long end = expireAt != null ? expireAt : exp;
      return end == null || end == 0
          ? Optional.empty()
          : Optional.of(
              Instant.ofEpochSecond(
                  Math.clamp(end, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond())));
    }

    private void claim(JsonReader reader, String name) throws BadCommandException {
      switch (name) {
        case "channel" -> channel = reader.string();
        case "client" -> client = reader.string();
        case "info" -> info = raw(reader.payload());
        case "b64info" -> info = base64(reader.string());
        case "data" -> data = raw(reader.payload());
        case "b64data" -> data = base64(reader.string());
        case "exp" -> exp = reader.int64();
        case "expire_at" -> expireAt = reader.int64();
        case "meta" -> meta = new String(raw(reader.payload()), UTF_8);
        case "channels" -> {
          var names = new LinkedHashMap<String, SubscribeOptions>();
          for (var each : reader.strings()) {
            names.put(each, SubscribeOptions.NONE);
          }
          channels = names;
        }
        case "subs" -> subs = subs(reader);
        case "override" -> override = override(reader);
        default -> reader.skip();
      }
    }

    private static Map<String, SubscribeOptions> subs(JsonReader reader)
        throws BadCommandException {
      var subs = new LinkedHashMap<String, SubscribeOptions>();
      if (reader.enterObject()) {
        for (String name = reader.next(); name != null; name = reader.next()) {
          subs.put(name, sub(reader));
        }
      }
      return subs;
    }

    private static SubscribeOptions sub(JsonReader reader) throws BadCommandException {
      var options = SubscribeOptions.NONE;
      if (reader.enterObject()) {
        for (String name = reader.next(); name != null; name = reader.next()) {
          switch (name) {
            case "info" -> options = options.withInfo(raw(reader.payload()));
            case "b64info" -> options = options.withInfo(base64(reader.string()));
            case "data" -> options = options.withData(raw(reader.payload()));
            case "b64data" -> options = options.withData(base64(reader.string()));
            case "override" -> options = options.withOverride(override(reader));
            default -> reader.skip();
          }
        }
      }
      return options;
    }

    private static SubscribeOptions.Override override(JsonReader reader)
        throws BadCommandException {
      var values = new LinkedHashMap<String, Boolean>();
      if (reader.enterObject()) {
        for (String name = reader.next(); name != null; name = reader.next()) {
          if (!reader.enterObject()) {
            continue;
          }
          for (String key = reader.next(); key != null; key = reader.next()) {
            if (key.equals("value")) {
              values.put(name, reader.bool());
            } else {
              reader.skip();
            }
          }
        }
      }
      return new SubscribeOptions.Override(
          Optional.ofNullable(values.get("presence")),
          Optional.ofNullable(values.get("join_leave")),
          Optional.ofNullable(values.get("force_push_join_leave")),
          Optional.ofNullable(values.get("force_positioning")),
          Optional.ofNullable(values.get("force_recovery")));
    }

    private static byte[] raw(ByteBuffer payload) {
      return Bytes.array(JsonText.embeddable(payload).orElse(payload));
    }

    private static byte[] base64(String text) throws BadCommandException {
      try {
        return Base64.getDecoder().decode(text);
      } catch (IllegalArgumentException e) {
        throw new BadCommandException("a claim is not base64");
      }
    }
  }
}
