package dev.dunlin.app;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Makes tokens with the HMAC secret of a configuration, as an application's back end does. */
final class TokenMaker {

  private final String section;
  private final TokenOptions options;

  private TokenMaker(String section, TokenOptions options) {
    this.section = section;
    this.options = options;
  }

  /** Makes connection tokens, and subscription tokens where they have no keys of their own. */
  static TokenMaker connections(Config.Client client) {
    return new TokenMaker("client.token.", client.token());
  }

  /** Makes subscription tokens. */
  static TokenMaker subscriptions(Config.Client client) {
    var own = client.subscriptionToken();
    return own.enabled()
        ? new TokenMaker("client.subscription_token.", own.tokens())
        : connections(client);
  }

  /**
   * Claims written as a JSON object; empty for none.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static Map<String, String> claims(String json) {
    if (json.isBlank()) {
      return Map.of();
    }
    try {
      var fields = Fields.of(json.getBytes(StandardCharsets.UTF_8));
      var claims = new LinkedHashMap<String, String>();
      for (var name : fields.names()) {
        claims.put(name, new String(fields.raw(name), StandardCharsets.UTF_8));
      }
      return claims;
    } catch (Fields.Malformed malformed) {
      throw new IllegalArgumentException("not a JSON object", malformed);
    }
  }

  /**
   * A token.
   *
   * @param channel for a subscription token
   * @param lifetime zero for none
   * @param info what others see of the client: JSON, or empty
   * @throws CommandFailure if there is no secret to sign with
   */
  String token(String user, Optional<String> channel, Duration lifetime, Instant now, String info) {
    return token(user, channel, lifetime, now, info, Map.of());
  }

  /**
   * The same with more claims.
   *
   * @param more JSON by name; they win over those that are made here
   */
  String token(
      String user,
      Optional<String> channel,
      Duration lifetime,
      Instant now,
      String info,
      Map<String, String> more) {
    if (!options.hmacSecretKey().present()) {
      throw CommandFailure.misused(
          section
              + "hmac_secret_key: is not set, and tokens of other keys are made by whoever"
              + " has the private key");
    }
    var members = new LinkedHashMap<String, String>();
    members.put(options.userIdClaim(), Json.quoted(user));
    channel.ifPresent(name -> members.put("channel", Json.quoted(name)));
    members.put("iat", Long.toString(now.getEpochSecond()));
    if (!lifetime.isZero()) {
      members.put("exp", Long.toString(now.plus(lifetime).getEpochSecond()));
    }
    if (!options.audience().isEmpty()) {
      members.put("aud", Json.quoted(options.audience()));
    }
    if (!options.issuer().isEmpty()) {
      members.put("iss", Json.quoted(options.issuer()));
    }
    if (!info.isEmpty()) {
      members.put("info", info);
    }
    members.putAll(more);
    var claims =
        Json.object(json ->
            members.forEach((name, value) -> {
              json.writeName(name);
              json.writeRawValue(value);
            }));
    var header =
        new JWSHeader.Builder(JWSAlgorithm.parse(TokenKeys.hmacAlgorithm(section, options).id()))
            .type(JOSEObjectType.JWT)
            .build();
    var signed = new JWSObject(header, new Payload(claims));
    try {
      signed.sign(new MACSigner(options.hmacSecretKey().value().getBytes(StandardCharsets.UTF_8)));
    } catch (JOSEException unusable) {
      throw CommandFailure.misused(section + "hmac_secret_key: " + unusable.getMessage());
    }
    return signed.serialize();
  }
}
