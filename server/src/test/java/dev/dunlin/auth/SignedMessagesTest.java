package dev.dunlin.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.auth.SignedMessages.Refused;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedMessagesTest {

  private static final byte[] SECRET = Tokens.utf8(Tokens.SECRET_32);
  private static final Place HERE = new Place("chat:blue", "connection-1");
  private static final byte[] KEY = SignedMessages.connectionKey(SECRET, HERE.connection());
  private static final byte[] HELLO = Tokens.utf8("hello");

  private final SignedMessages.Signer signer = SignedMessages.signer(KEY, HERE);
  private final SignedMessages.Verifier verifier = SignedMessages.verifier(KEY, HERE);

  @Test
  void messagesInOrderAreAccepted() throws Exception {
    for (int i = 1; i <= 100; i++) {
      var message = Tokens.utf8("message " + i);
      assertThat(verifier.verify(message, signer.sign(message))).isEqualTo(i);
    }
    assertThat(verifier.verify(new byte[0], signer.sign(new byte[0]))).isEqualTo(101);
  }

  @Test
  void everyFlippedBitOfAThousandMessagesIsCaught() throws Exception {
    var random = new Random(5);
    for (int i = 0; i < 1000; i++) {
      var message = new byte[1 + random.nextInt(24)];
      random.nextBytes(message);
      var signature = signer.sign(message);
      for (int bit = 0; bit < message.length * 8; bit++) {
        var changed = message.clone();
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(fault(verifier, changed, signature)).isEqualTo(Fault.ALTERED);
      }
      verifier.verify(message, signature);
    }
  }

  @Test
  void numbersAreTheSameInEveryLocale() throws Exception {
    var usual = Locale.getDefault(Locale.Category.FORMAT);
    Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      verifier.verify(HELLO, signer.sign(HELLO));
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, usual);
    }
  }

  @Test
  void everyFlippedBitOfASignatureIsCaught() throws Exception {
    var signature = signer.sign(HELLO);
    int mac = signature.indexOf("..") + 2;
    for (int at = 0; at < signature.length(); at++) {
      for (int bit = 0; bit < 7; bit++) {
        var changed = new StringBuilder(signature);
        changed.setCharAt(at, (char) (signature.charAt(at) ^ 1 << bit));
        var fault = fault(verifier, HELLO, changed.toString());
        if (at >= mac) {
          assertThat(fault).isIn(Fault.ALTERED, Fault.MALFORMED);
        } else {
          assertThat(fault).isNotNull();
        }
      }
    }
    verifier.verify(HELLO, signature);
  }

  @Test
  void eachFaultHasItsOwnName() throws Exception {
    var first = signer.sign(HELLO);
    var second = signer.sign(HELLO);
    assertThat(fault(verifier, HELLO, second)).isEqualTo(Fault.OUT_OF_ORDER);
    verifier.verify(HELLO, first);
    assertThat(fault(verifier, HELLO, first)).isEqualTo(Fault.REPLAYED);
    assertThat(fault(verifier, Arrays.copyOf(HELLO, 4), second)).isEqualTo(Fault.TRUNCATED);
    assertThat(fault(verifier, Arrays.copyOf(HELLO, 6), second)).isEqualTo(Fault.TRUNCATED);
    var elsewhere = SignedMessages.signer(KEY, new Place("chat:red", HERE.connection()));
    assertThat(fault(verifier, HELLO, elsewhere.sign(HELLO))).isEqualTo(Fault.OTHER_CHANNEL);
    var other = new Place(HERE.channel(), "connection-2");
    var otherKey = SignedMessages.connectionKey(SECRET, other.connection());
    assertThat(fault(verifier, HELLO, SignedMessages.signer(otherKey, other).sign(HELLO)))
        .isEqualTo(Fault.OTHER_CONNECTION);
    assertThat(fault(verifier, HELLO, SignedMessages.signer(otherKey, HERE).sign(HELLO)))
        .as("another connection's key under our connection's name")
        .isEqualTo(Fault.ALTERED);
    assertThat(verifier.verify(HELLO, second)).as("nothing of that had an effect").isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"alg\":\"none\",\"b64\":false,\"crit\":[\"b64\"],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5}",
        "{\"alg\":\"HS512\",\"b64\":false,\"crit\":[\"b64\"],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5}",
        "{\"alg\":\"HS256\",\"b64\":true,\"crit\":[\"b64\"],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5}",
        "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5}",
        "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\",\"exp\"],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5}",
        "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"exp\"],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5}",
        "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"],\"ch\":\"c\",\"cid\":\"i\",\"seq\":1,\"len\":5,\"x\":1}",
        "not json"
      })
  void aHeaderThatIsNotExactlyOursIsRefused(String header) {
    assertThat(fault(verifier, HELLO, Tokens.encode(header) + "..AAAA")).isEqualTo(Fault.MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", ".", "a..b", "e30..", "e30=..AAAA", "e30...AAAA"})
  void whatIsNoDetachedSignatureIsRefused(String signature) {
    assertThat(fault(verifier, HELLO, signature)).isEqualTo(Fault.MALFORMED);
    assertThat(fault(verifier, HELLO, signature + "x".repeat(3000))).isEqualTo(Fault.MALFORMED);
  }

  @Test
  void theKeyAVerifiedTokenNamesVerifiesItsHoldersMessages() throws Exception {
    var encoded = ((EdECPublicKey) Tokens.ED25519.getPublic()).getEncoded();
    var x = Tokens.encode(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    var claims =
        Tokens.CLAIMS.replace(
            "}", ",\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + x + "\"}}}");
    var jwt = Jwt.hs256(Tokens.SECRET_32);
    var token = jwt.verify(Tokens.hs256(claims), Tokens.NOW);
    var holder = SignedMessages.signer(Tokens.ED25519.getPrivate(), HERE);
    var check = SignedMessages.verifier(token, HERE);
    var signature = holder.sign(HELLO);
    assertThat(fault(check, Tokens.utf8("hallo"), signature)).isEqualTo(Fault.ALTERED);
    assertThat(check.verify(HELLO, signature)).isEqualTo(1);
    var without = jwt.verify(Tokens.hs256(Tokens.CLAIMS), Tokens.NOW);
    assertThatExceptionOfType(AuthenticationException.class)
        .isThrownBy(() -> SignedMessages.verifier(without, HERE));
  }

  @Test
  void shortKeysAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedMessages.connectionKey(new byte[31], "c"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedMessages.signer(new byte[31], HERE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedMessages.verifier(new byte[31], HERE));
  }

  @Test
  void theSharedVectorsComeOutAsWritten() throws Exception {
    var rows = vectors("signed-messages.tsv");
    assertThat(rows).hasSizeGreaterThanOrEqualTo(4);
    for (var row : rows) {
      var secret = HexFormat.of().parseHex(row[0]);
      var place = new Place(row[2], row[1]);
      var key = SignedMessages.connectionKey(secret, place.connection());
      assertThat(HexFormat.of().formatHex(key)).isEqualTo(row[3]);
      var message = HexFormat.of().parseHex(row[4]);
      assertThat(SignedMessages.signer(key, place).sign(message)).isEqualTo(row[5]);
      assertThat(SignedMessages.verifier(key, place).verify(message, row[5])).isEqualTo(1);
    }
  }

  @Test
  void theSharedVectorsOfEd25519ComeOutAsWritten() throws Exception {
    var rows = vectors("signed-messages-ed25519.tsv");
    assertThat(rows).hasSize(3);
    for (var row : rows) {
      var hex = HexFormat.of();
      // RFC 8410: what stands before the bytes in an encoded key
      var own = new PKCS8EncodedKeySpec(hex.parseHex("302e020100300506032b657004220420" + row[0]));
      var other = new X509EncodedKeySpec(hex.parseHex("302a300506032b6570032100" + row[3]));
      var keys = KeyFactory.getInstance("Ed25519");
      var place = new Place(row[2], row[1]);
      var message = hex.parseHex(row[4]);
      assertThat(SignedMessages.signer(keys.generatePrivate(own), place).sign(message))
          .isEqualTo(row[5]);
      assertThat(SignedMessages.verifier(keys.generatePublic(other), place).verify(message, row[5]))
          .isEqualTo(1);
    }
  }

  @Test
  void aSealedMessageOpensAlsoForWhoComesLate() throws Exception {
    var sealed = List.of(signer.seal(HELLO), signer.seal(HELLO), signer.seal(HELLO));
    var late = SignedMessages.verifier(KEY, HERE).late();
    assertThat(late.open(sealed.get(1))).isEqualTo(HELLO);
    assertThat(catchThrowableOfType(Refused.class, () -> late.open(sealed.get(0))).fault())
        .isEqualTo(Fault.REPLAYED);
    assertThat(late.open(sealed.get(2))).isEqualTo(HELLO);
    assertThat(catchThrowableOfType(Refused.class, () -> late.open(HELLO)).fault())
        .isEqualTo(Fault.MISSING);
    assertThat(catchThrowableOfType(Refused.class, () -> late.open(new byte[5000])).fault())
        .isEqualTo(Fault.MISSING);
    for (var each : sealed) {
      assertThat(verifier.open(each)).isEqualTo(HELLO);
    }
  }

  /** Tab-separated: secret, connection, channel, key, message, signature; bytes in hexadecimal. */
  private static List<String[]> vectors(String name) throws IOException {
    var rows = new ArrayList<String[]>();
    try (var in = SignedMessagesTest.class.getResourceAsStream(name)) {
      for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          rows.add(line.split("\t", -1));
        }
      }
    }
    return rows;
  }

  private static Fault fault(SignedMessages.Verifier verifier, byte[] message, String signature) {
    var refused = catchThrowableOfType(Refused.class, () -> verifier.verify(message, signature));
    assertThat(refused).isNotNull();
    return refused.fault();
  }
}
