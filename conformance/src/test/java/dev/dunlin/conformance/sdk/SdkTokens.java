package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Tokens as an application's back end makes them. */
final class SdkTokens {

  private SdkTokens() {}

  /** A connection token; {@code more} are further claims, written {@code ,"name":value}. */
  static String connection(String user, Duration life, String more) {
    return sign(
        "{\"sub\":\"%s\",\"exp\":%d%s}"
            .formatted(user, Instant.now().plus(life).getEpochSecond(), more));
  }

  private static String sign(String claims) {
    try {
      var base64 = Base64.getUrlEncoder().withoutPadding();
      var input =
          base64.encodeToString("{\"alg\":\"HS512\"}".getBytes(UTF_8))
              + "."
              + base64.encodeToString(claims.getBytes(UTF_8));
      var mac = Mac.getInstance("HmacSHA512");
      mac.init(new SecretKeySpec(SdkServer.SECRET.getBytes(UTF_8), "HmacSHA512"));
      return input + "." + base64.encodeToString(mac.doFinal(input.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
