package dev.dunlin.auth;

import dev.dunlin.auth.SignedMessages.Refused.Fault;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signatures over single messages, so that a change, a loss, a repetition or a move to another
 * place is noticed.
 *
 * <p>A signature is a detached JWS (RFC 7515, appendix F) over the unencoded payload (RFC 7797): a
 * text {@code header..signature} that travels beside the message. The header names where the
 * message belongs and is signed with it:
 *
 * <pre>{@code
 * {"alg":"HS256","b64":false,"crit":["b64"],"ch":channel,"cid":connection,"seq":number,"len":bytes}
 * }</pre>
 *
 * <p>Both sides of one connection hold one of these for each direction and channel: a {@link
 * Signer} and a {@link Verifier}. They count, so they are used by one thread at a time.
 *
 * <p>Where a protocol has no place of its own for a signature it travels in front: signature, line
 * feed, message ({@link Signer#seal}, {@link Verifier#open}).
 */
public final class SignedMessages {

  private static final int MAX_SIGNATURE = 2048;
  private static final int MIN_SECRET = 32;
  private static final Set<String> MEMBERS =
      Set.of("alg", "b64", "crit", "ch", "cid", "seq", "len");

  private SignedMessages() {}

  /** A message that is not what was signed, or not here, or not now. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is wrong with it. In this order the channel protocol numbers its errors. */
    public enum Fault {
      /** There is no signature. */
      MISSING("message is not signed"),
      /** There is no key to verify it with. */
      NO_KEY("no key to verify the message with"),
      /** The signature is not written as it should be. */
      MALFORMED("signature not understood"),
      /** It was signed for another connection. */
      OTHER_CONNECTION("signed for another connection"),
      /** It was signed for another channel. */
      OTHER_CHANNEL("signed for another channel"),
      /** The message is shorter or longer than what was signed. */
      TRUNCATED("message has another length than what was signed"),
      /** Message, header or signature were changed, or the key is another. */
      ALTERED("message is not what was signed"),
      /** This message, or a later one, was seen before. */
      REPLAYED("message was seen before"),
      /** A message before this one is missing. */
      OUT_OF_ORDER("a message before this one is missing");

      private final String text;

      Fault(String text) {
        this.text = text;
      }

      /** The same in words, for the peer to read. */
      public String text() {
        return text;
      }
    }

    private final Fault fault;

    /** A refusal. */
    public Refused(Fault fault) {
      super(fault.text, null, false, false);
      this.fault = fault;
    }

    /** What is wrong with it; the message of the exception says the same in words. */
    public Fault fault() {
      return fault;
    }
  }

  /**
   * Where messages belong.
   *
   * @param channel the channel they are published on
   * @param connection the id of the connection, made by the server
   */
  public record Place(String channel, String connection) {}

  /**
   * The HMAC key of one connection: HKDF with SHA-256 (RFC 5869), the connection as salt, the
   * purpose {@code dunlin signed messages} as info.
   *
   * @throws IllegalArgumentException if the secret has fewer than 32 bytes
   */
  public static byte[] connectionKey(byte[] secret, String connection) {
    if (secret.length < MIN_SECRET) {
      throw new IllegalArgumentException(
          "the secret of signed messages has " + secret.length + " bytes and needs at least 32");
    }
    var extracted = hmac(connection.getBytes(StandardCharsets.UTF_8), secret);
    return hmac(extracted, "dunlin signed messages\u0001".getBytes(StandardCharsets.UTF_8));
  }

  /** Signs the messages of one direction with an HMAC key of at least 32 bytes. */
  public static Signer signer(byte[] key, Place place) {
    var own = atLeast32(key);
    return new Signer("HS256", signed -> hmac(own, signed), place);
  }

  /** Signs the messages of one direction with an Ed25519 key. */
  public static Signer signer(PrivateKey key, Place place) {
    return new Signer("EdDSA", signed -> ed25519(key, signed), place);
  }

  /** Verifies the messages of one direction with an HMAC key of at least 32 bytes. */
  public static Verifier verifier(byte[] key, Place place) {
    var own = atLeast32(key);
    return new Verifier(
        "HS256", (signed, signature) -> MessageDigest.isEqual(hmac(own, signed), signature), place);
  }

  /**
   * Verifies the messages of one direction with their signer's Ed25519 key.
   *
   * @throws IllegalArgumentException if it is a key of another kind
   */
  public static Verifier verifier(PublicKey key, Place place) {
    var own = VerificationKey.publicKey(JwsAlgorithm.EDDSA, key);
    return new Verifier("EdDSA", own::genuine, place);
  }

  /**
   * Verifies the messages of one direction with the Ed25519 key that a verified token names as its
   * holder's: {@code cnf.jwk} (RFC 7800, 3.2).
   *
   * @throws AuthenticationException if the token names none
   */
  public static Verifier verifier(VerifiedToken token, Place place) {
    var key =
        holderKey(token.identity())
            .orElseThrow(() -> AuthenticationException.invalid("claim cnf names no Ed25519 key"));
    return verifier(key, place);
  }

  /**
   * The Ed25519 key that an identity's token names as its holder's: {@code cnf.jwk} (RFC 7800,
   * 3.2). Empty if it names no key, or one of another kind.
   *
   * @throws AuthenticationException if it names one that cannot be used
   */
  public static Optional<PublicKey> holderKey(Identity identity) {
    try {
      var claims = Json.object(identity.claims(), 16);
      if (claims.get("cnf") instanceof Json.Obj confirmation
          && confirmation.get("jwk") instanceof Json.Obj jwk
          && "OKP".equals(jwk.text("kty"))
          && "Ed25519".equals(jwk.text("crv"))) {
        return Optional.of(JwkSetReader.ed25519(jwk.text("x")));
      }
      return Optional.empty();
    } catch (Json.Malformed | GeneralSecurityException | IllegalArgumentException e) {
      throw AuthenticationException.invalid("the key in claim cnf cannot be used");
    }
  }

  private interface Sign {
    byte[] over(byte[] signed);
  }

  private interface Check {
    boolean genuine(byte[] signed, byte[] signature);
  }

  /** Signs messages in their order, from sequence number 1. For one thread at a time. */
  public static final class Signer {
    private final String algorithm;
    private final Sign sign;
    private final Place place;
    private long last;

    private Signer(String algorithm, Sign sign, Place place) {
      this.algorithm = algorithm;
      this.sign = sign;
      this.place = place;
    }

    /** The signature of the next message. */
    public String sign(byte[] message) {
      var header =
          "{\"alg\":\""
              + algorithm
              + "\",\"b64\":false,\"crit\":[\"b64\"],\"ch\":"
              + quoted(place.channel())
              + ",\"cid\":"
              + quoted(place.connection())
              + ",\"seq\":"
              + ++last // not by a format: locales have digits of their own
              + ",\"len\":"
              + message.length
              + "}";
      var encoded = Base64Url.encode(header.getBytes(StandardCharsets.UTF_8));
      return encoded + ".." + Base64Url.encode(sign.over(signingInput(encoded, message)));
    }

    /** The next message with its signature in front: signature, line feed, message. */
    public byte[] seal(byte[] message) {
      var signature = (sign(message) + '\n').getBytes(StandardCharsets.US_ASCII);
      var sealed = Arrays.copyOf(signature, signature.length + message.length);
      System.arraycopy(message, 0, sealed, signature.length, message.length);
      return sealed;
    }
  }

  /** Verifies messages in their order, from sequence number 1. For one thread at a time. */
  public static final class Verifier {
    private final String algorithm;
    private final Check check;
    private final Place place;
    private long last;
    private boolean late;

    private Verifier(String algorithm, Check check, Place place) {
      this.algorithm = algorithm;
      this.check = check;
      this.place = place;
    }

    /**
     * This verifier, taking whatever number comes first as the first: for a subscriber, who may
     * come in the middle. Nothing is missed unnoticed from then on.
     */
    public Verifier late() {
      late = true;
      return this;
    }

    /**
     * Accepts the next message, sealed by {@link Signer#seal}, and only it.
     *
     * @return the message without its signature
     */
    public byte[] open(byte[] sealed) throws Refused {
      int end = 0;
      while (end < sealed.length && end <= MAX_SIGNATURE && sealed[end] != '\n') {
        end++;
      }
      if (end == sealed.length || end > MAX_SIGNATURE) {
        throw new Refused(Fault.MISSING);
      }
      var message = Arrays.copyOfRange(sealed, end + 1, sealed.length);
      verify(message, new String(sealed, 0, end, StandardCharsets.ISO_8859_1));
      return message;
    }

    /**
     * Accepts the next message, and only it; a refusal changes nothing, the next message is still
     * the one awaited.
     *
     * @return its sequence number
     */
    public long verify(byte[] message, String signature) throws Refused {
      int dots = signature.indexOf("..");
      if (signature.length() > MAX_SIGNATURE || dots < 0) {
        throw new Refused(Fault.MALFORMED);
      }
      var encoded = signature.substring(0, dots);
      var header = header(encoded);
      var bytes = Base64Url.decode(signature, dots + 2, signature.length());
      if (bytes == null) {
        throw new Refused(Fault.MALFORMED);
      }
      if (!place.connection().equals(header.text("cid"))) {
        throw new Refused(Fault.OTHER_CONNECTION);
      }
      if (!place.channel().equals(header.text("ch"))) {
        throw new Refused(Fault.OTHER_CHANNEL);
      }
      long sequence = number(header, "seq");
      if (number(header, "len") != message.length) {
        throw new Refused(Fault.TRUNCATED);
      }
      if (!check.genuine(signingInput(encoded, message), bytes)) {
        throw new Refused(Fault.ALTERED);
      }
      if (sequence <= last) {
        throw new Refused(Fault.REPLAYED);
      }
      if (sequence != last + 1 && !(late && last == 0)) {
        throw new Refused(Fault.OUT_OF_ORDER);
      }
      last = sequence;
      return sequence;
    }

    private Json.Obj header(String encoded) throws Refused {
      try {
        var decoded = Base64Url.decode(encoded, 0, encoded.length());
        if (decoded != null) {
          var header = Json.object(Json.utf8(decoded), 2);
          // RFC 7515, 4.1.11: an extension that is critical and unknown is refused; so is any other
          boolean known =
              header.members().keySet().equals(MEMBERS)
                  && algorithm.equals(header.text("alg"))
                  && new Json.Bool(false).equals(header.get("b64"))
                  && header.get("crit") instanceof Json.Arr(var names)
                  && names.size() == 1
                  && names.contains(new Json.Str("b64"));
          if (known) {
            return header;
          }
        }
      } catch (Json.Malformed e) {
        throw new Refused(Fault.MALFORMED);
      }
      throw new Refused(Fault.MALFORMED);
    }

    private static long number(Json.Obj header, String name) throws Refused {
      if (header.get(name) instanceof Json.Num(String literal)
          && literal.length() <= 18
          && literal.chars().allMatch(c -> c >= '0' && c <= '9')) {
        return Long.parseLong(literal);
      }
      throw new Refused(Fault.MALFORMED);
    }
  }

  private static byte[] signingInput(String encodedHeader, byte[] message) {
    var head = (encodedHeader + ".").getBytes(StandardCharsets.US_ASCII);
    var input = Arrays.copyOf(head, head.length + message.length);
    System.arraycopy(message, 0, input, head.length, message.length);
    return input;
  }

  /** A JSON string; everything but printable ASCII is escaped, so both sides write the same. */
  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private static byte[] atLeast32(byte[] key) {
    if (key.length < MIN_SECRET) {
      throw new IllegalArgumentException(
          "the key of signed messages has " + key.length + " bytes and needs at least 32");
    }
    return key.clone();
  }

  private static byte[] hmac(byte[] key, byte[] message) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static byte[] ed25519(PrivateKey key, byte[] message) {
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(key);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an Ed25519 private key", e);
    }
  }
}
