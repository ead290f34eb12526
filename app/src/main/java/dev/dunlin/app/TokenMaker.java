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
import java.util.Optional;

/** Makes tokens with the HMAC secret of a configuration, as an application's back end does. */
final class TokenMaker {

  private final Config.Token options;

  TokenMaker(Config.Token options) {
    this.options = options;
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
    if (!options.hmacSecretKey().present()) {
      throw CommandFailure.misused(
          "client.token.hmac_secret_key: is not set, and tokens of other keys are made by whoever"
              + " has the private key");
    }
    var claims =
        Json.object(json -> {
          json.writeStringProperty(options.userIdClaim(), user);
          channel.ifPresent(name -> json.writeStringProperty("channel", name));
          json.writeNumberProperty("iat", now.getEpochSecond());
          if (!lifetime.isZero()) {
            json.writeNumberProperty("exp", now.plus(lifetime).getEpochSecond());
          }
          if (!options.audience().isEmpty()) {
            json.writeStringProperty("aud", options.audience());
          }
          if (!options.issuer().isEmpty()) {
            json.writeStringProperty("iss", options.issuer());
          }
          if (!info.isEmpty()) {
            json.writeName("info");
            json.writeRawValue(info);
          }
        });
    var header =
        new JWSHeader.Builder(JWSAlgorithm.parse(TokenKeys.hmacAlgorithm(options).id()))
            .type(JOSEObjectType.JWT)
            .build();
    var signed = new JWSObject(header, new Payload(claims));
    try {
      signed.sign(new MACSigner(options.hmacSecretKey().value().getBytes(StandardCharsets.UTF_8)));
    } catch (JOSEException unusable) {
      throw CommandFailure.misused("client.token.hmac_secret_key: " + unusable.getMessage());
    }
    return signed.serialize();
  }
}
