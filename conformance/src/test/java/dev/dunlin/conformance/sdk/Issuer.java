package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Somebody who signs tokens, as an application's login service does. */
public final class Issuer {

  /** Signs what a token says. */
  private interface Signer {
    byte[] sign(byte[] input) throws GeneralSecurityException;
  }

  private final String header;
  private final Signer signer;
  private final String keys;

  private Issuer(String header, Signer signer, String keys) {
    this.header = header;
    this.signer = signer;
    this.keys = keys;
  }

  /** With a secret, HS512. */
  public static Issuer hs512(String secret) {
    return new Issuer(
        "{\"alg\":\"HS512\"}",
        input -> {
          var mac = Mac.getInstance("HmacSHA512");
          mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA512"));
          return mac.doFinal(input);
        },
        "");
  }

  /** With an RSA key of its own, which it publishes. */
  public static Issuer rs256(String keyId) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    var pair = generator.generateKeyPair();
    return new Issuer(
        "{\"alg\":\"RS256\",\"kid\":\"" + keyId + "\"}",
        input -> {
          var signature = Signature.getInstance("SHA256withRSA");
          signature.initSign(pair.getPrivate());
          signature.update(input);
          return signature.sign();
        },
        published(keyId, pair));
  }

  private static String published(String keyId, KeyPair pair) {
    var key = (RSAPublicKey) pair.getPublic();
    return "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"}]}"
        .formatted(keyId, number(key.getModulus()), number(key.getPublicExponent()));
  }

  private static String number(BigInteger value) {
    var bytes = value.toByteArray();
    int zeros = bytes[0] == 0 ? 1 : 0;
    return base64(java.util.Arrays.copyOfRange(bytes, zeros, bytes.length));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A connection token; {@code more} are further claims, written {@code ,"name":value}. */
  public String token(String user, Duration life, String more) {
    return signed(
        "{\"sub\":\"%s\",\"exp\":%d%s}"
            .formatted(user, Instant.now().plus(life).getEpochSecond(), more));
  }

  private String signed(String claims) {
    var input = base64(header.getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
    try {
      return input + "." + base64(signer.sign(input.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The public keys, as a JSON Web Key set (RFC 7517). */
  public String keys() {
    return keys;
  }
}
