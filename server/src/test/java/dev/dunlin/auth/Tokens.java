package dev.dunlin.auth;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;

/** Makes tokens, good and bad, and the keys for them. */
final class Tokens {

  static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  static final String SECRET_32 = "a secret of thirty-two bytes, ok";
  static final String SECRET_64 = SECRET_32 + "and thirty-two more for SHA-512.";
  static final String CLAIMS = "{\"sub\":\"ann\",\"exp\":1800000060}";

  static final KeyPair RSA = pair("RSA", 2048);
  static final KeyPair OTHER_RSA = pair("RSA", 2048);
  static final KeyPair P256 = curve("secp256r1");
  static final KeyPair P384 = curve("secp384r1");
  static final KeyPair P521 = curve("secp521r1");
  static final KeyPair ED25519 = pair("Ed25519", 0);

  private Tokens() {}

  static String hs256(String claims) {
    return hmac(JwsAlgorithm.HS256, "{\"alg\":\"HS256\"}", claims, SECRET_32);
  }

  static String hs512(String claims) {
    return hmac(JwsAlgorithm.HS512, "{\"alg\":\"HS512\"}", claims, SECRET_64);
  }

  static String hmac(JwsAlgorithm algorithm, String header, String claims, String secret) {
    return hmac(algorithm, utf8(header), utf8(claims), utf8(secret));
  }

  static String hmac(JwsAlgorithm algorithm, byte[] header, byte[] claims, byte[] secret) {
    try {
      return signed(algorithm, new MACSigner(secret), header, claims);
    } catch (com.nimbusds.jose.KeyLengthException e) {
      throw new AssertionError(e);
    }
  }

  /** A token whose header is exactly this text, whatever algorithm really signs. */
  static String sign(JwsAlgorithm algorithm, String header, String claims, PrivateKey key) {
    try {
      if (algorithm == JwsAlgorithm.EDDSA) {
        var input = input(utf8(header), utf8(claims));
        var signature = Signature.getInstance("Ed25519");
        signature.initSign(key);
        signature.update(utf8(input));
        return input + "." + encode(signature.sign());
      }
      JWSSigner signer =
          key instanceof ECPrivateKey ec ? new ECDSASigner(ec) : new RSASSASigner(key);
      return signed(algorithm, signer, utf8(header), utf8(claims));
    } catch (GeneralSecurityException | com.nimbusds.jose.JOSEException e) {
      throw new AssertionError(e);
    }
  }

  static String sign(JwsAlgorithm algorithm, String claims, PrivateKey key) {
    return sign(algorithm, "{\"alg\":\"" + algorithm.id() + "\"}", claims, key);
  }

  private static String signed(
      JwsAlgorithm algorithm, JWSSigner signer, byte[] header, byte[] claims) {
    try {
      var input = input(header, claims);
      var jws = new JWSHeader(JWSAlgorithm.parse(algorithm.id()));
      return input + "." + signer.sign(jws, utf8(input));
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new AssertionError(e);
    }
  }

  static String input(byte[] header, byte[] claims) {
    return encode(header) + "." + encode(claims);
  }

  static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String encode(String text) {
    return encode(utf8(text));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String pem(PublicKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  static KeyPair pair(JwsAlgorithm algorithm) {
    return switch (algorithm.family()) {
      case RSA -> RSA;
      case EC ->
          switch (algorithm.bytes()) {
            case 32 -> P256;
            case 48 -> P384;
            default -> P521;
          };
      case ED25519 -> ED25519;
      case HMAC -> throw new IllegalArgumentException("a secret has no pair");
    };
  }

  static KeyPair pair(String type, int bits) {
    try {
      var generator = KeyPairGenerator.getInstance(type);
      if (bits > 0) {
        generator.initialize(bits);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair curve(String name) {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(name));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
