package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.auth.SignedMessages.Signer;
import dev.dunlin.centrifuge.NamespaceOptions.DataFormat;
import dev.dunlin.centrifuge.NamespaceOptions.SignatureRefusal;
import dev.dunlin.centrifuge.NamespaceOptions.SignedPublications;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Namespaces whose clients must sign what they publish. */
class SignedPublicationsTest {

  private static final byte[] SECRET = "a secret of thirty-two bytes, ok".getBytes(UTF_8);

  private final KeyPair keys = ed25519();
  private final TestNode node =
      TestNode.of(endpoint ->
          endpoint
              .allowAnonymous()
              .signing(SECRET)
              .namespaces(new Namespaces(NamespaceOptions.defaults(), namespaces())));

  @AfterEach
  void close() {
    node.close();
  }

  private static Map<String, NamespaceOptions> namespaces() {
    var namespaces = new HashMap<String, NamespaceOptions>();
    var verified = TestNode.history().signedPublications(SignedPublications.VERIFIED);
    namespaces.put("plain", TestNode.anybody().build());
    namespaces.put("signed", verified.build());
    namespaces.put("strict", verified.signatureRefusal(SignatureRefusal.CLOSE).build());
    namespaces.put(
        "json",
        TestNode.anybody()
            .signedPublications(SignedPublications.VERIFIED)
            .publicationDataFormat(DataFormat.JSON_OBJECT)
            .build());
    namespaces.put(
        "carried", TestNode.history().signedPublications(SignedPublications.CARRIED).build());
    namespaces.put(
        "closed",
        NamespaceOptions.builder().signedPublications(SignedPublications.VERIFIED).build());
    return namespaces;
  }

  private static KeyPair ed25519() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  // ---- what a client does

  /** The id of the peer's connection, as its connect reply named it. */
  private String connection(int number) {
    return node.client(number);
  }

  private Signer signer(int number, String channel) {
    var key = SignedMessages.connectionKey(SECRET, connection(number));
    return SignedMessages.signer(key, new Place(channel, connection(number)));
  }

  /** Sealed bytes as a JSON string, with single quotes for what {@link Peer} turns round. */
  private static String quoted(byte[] sealed) {
    return new String(Bytes.array(JsonText.quoted(sealed)), UTF_8);
  }

  private static String publish(String channel, byte[] sealed) {
    return "{\"id\":7,\"publish\":{\"channel\":\"%s\",\"data\":%s}}"
        .formatted(channel, quoted(sealed));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String error(Fault fault) {
    return "{\"id\":7,\"error\":{\"code\":%d,\"message\":\"%s\"}}"
        .formatted(320 + fault.ordinal(), fault.text());
  }

  private long refused(Fault fault) {
    return node.endpoint.statistics().signatureRefusals().get(fault);
  }

  private Peer holder(Encoding encoding) {
    var encoded = keys.getPublic().getEncoded();
    var x =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    var claims = "{'sub':'ann','cnf':{'jwk':{'kty':'OKP','crv':'Ed25519','x':'" + x + "'}}}";
    var peer = node.peer(encoding);
    peer.send("{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token(claims)));
    peer.next();
    return peer;
  }

  // ---- with the connection's key

  @ParameterizedTest
  @EnumSource
  void aClientLearnsItsKeyAndWhatItSignsIsPublishedWithoutTheSignature(Encoding encoding) {
    var peer = node.anonymous(encoding);
    var told = peer.ask("{'id':2,'rpc':{'method':'dunlin.signing','data':{}}}");
    var key =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(SignedMessages.connectionKey(SECRET, connection(1)));
    assertThat(told).contains("{\"connection\":\"C1\",\"alg\":\"HS256\",\"key\":\"" + key + "\"}");
    peer.ask("{'id':3,'subscribe':{'channel':'signed:a'}}");
    var signer = signer(1, "signed:a");
    for (int i = 1; i <= 3; i++) {
      peer.send(publish("signed:a", signer.seal(bytes("{\"n\":" + i + "}"))));
      assertThat(peer.next(2)).anyMatch(text -> text.contains("\"publish\":{}"));
    }
    assertThat(node.endpoint.statistics().verified()).isEqualTo(3);
    assertThat(peer.ask("{'id':9,'history':{'channel':'signed:a','limit':3}}"))
        .contains("\"data\":{\"n\":1}", "\"data\":{\"n\":2}", "\"data\":{\"n\":3}")
        .doesNotContain("eyJ");
  }

  @Test
  void eachFaultIsRefusedWithItsOwnErrorAndCountedAndTheNextMessageIsStillTaken() {
    var peer = node.anonymous(Encoding.JSON);
    node.anonymous(Encoding.JSON);
    var signer = signer(1, "signed:a");
    var first = signer.seal(bytes("1"));
    var second = signer.seal(bytes("2"));
    var altered = first.clone();
    altered[altered.length - 1] ^= 1;
    assertThat(peer.ask(publish("signed:a", altered))).isEqualTo(error(Fault.ALTERED));
    assertThat(peer.ask(publish("signed:a", Arrays.copyOf(first, first.length - 1))))
        .isEqualTo(error(Fault.TRUNCATED));
    assertThat(peer.ask(publish("signed:a", second))).isEqualTo(error(Fault.OUT_OF_ORDER));
    assertThat(peer.ask(publish("signed:b", first))).isEqualTo(error(Fault.OTHER_CHANNEL));
    var other = signer(2, "signed:a").seal(bytes("1"));
    assertThat(peer.ask(publish("signed:a", other))).isEqualTo(error(Fault.OTHER_CONNECTION));
    assertThat(peer.ask("{'id':7,'publish':{'channel':'signed:a','data':{'n':1}}}"))
        .isEqualTo(error(Fault.MISSING));
    assertThat(peer.ask(publish("signed:a", bytes("no signature\n1"))))
        .isEqualTo(error(Fault.MALFORMED));
    assertThat(peer.ask(publish("signed:a", first))).isEqualTo("{\"id\":7,\"publish\":{}}");
    assertThat(peer.ask(publish("signed:a", first))).isEqualTo(error(Fault.REPLAYED));
    assertThat(peer.ask(publish("signed:a", second))).isEqualTo("{\"id\":7,\"publish\":{}}");
    for (var fault : Fault.values()) {
      assertThat(refused(fault)).as(fault.name()).isEqualTo(fault == Fault.NO_KEY ? 0 : 1);
    }
    assertThat(node.endpoint.statistics().verified()).isEqualTo(2);
  }

  @Test
  void whereTheNamespaceSaysSoAWrongSignatureEndsTheConnection() {
    var peer = node.anonymous(Encoding.JSON);
    peer.send("{'id':7,'publish':{'channel':'strict:a','data':1}}");
    assertThat(peer.ending()).isEqualTo("3520 signature: " + Fault.MISSING.text());
    assertThat(refused(Fault.MISSING)).isEqualTo(1);
  }

  @Test
  void otherNamespacesTakeWhatLooksSignedAsItIs() {
    var peer = node.anonymous(Encoding.JSON);
    peer.ask("{'id':3,'subscribe':{'channel':'plain:a'}}");
    var sealed = signer(1, "plain:a").seal(bytes("1"));
    peer.send(publish("plain:a", sealed));
    assertThat(peer.next(2)).anyMatch(text -> text.contains("\"data\":" + quoted(sealed)));
  }

  @Test
  void whoMayNotPublishCausesNoVerification() {
    var peer = node.anonymous(Encoding.JSON);
    assertThat(peer.ask("{'id':7,'publish':{'channel':'closed:a','data':1}}"))
        .contains("\"code\":103");
    assertThat(refused(Fault.MISSING)).isZero();
  }

  @Test
  void theFormatOfTheNamespaceIsThatOfTheMessageAndAClientOfJsonPublishesJson() {
    var peer = node.anonymous(Encoding.JSON);
    var signer = signer(1, "json:a");
    assertThat(peer.ask(publish("json:a", signer.seal(bytes("1"))))).contains("\"code\":107");
    assertThat(peer.ask(publish("json:a", signer.seal(bytes("{}"))))).contains("\"publish\":{}");
    var free = signer(1, "signed:a");
    assertThat(peer.ask(publish("signed:a", free.seal(bytes("no json"))))).contains("\"code\":107");
    assertThat(peer.ask(publish("signed:a", free.seal(bytes("2"))))).contains("\"publish\":{}");
  }

  @Test
  void theChannelsThatAClientSignsInAreLimited() {
    var peer = node.anonymous(Encoding.JSON);
    int most = ProtocolOptions.defaults().channelLimit();
    for (int i = 0; i < most; i++) {
      var channel = "signed:" + i;
      assertThat(peer.ask(publish(channel, signer(1, channel).seal(bytes("1")))))
          .contains("\"publish\":{}");
    }
    assertThat(peer.ask(publish("signed:x", signer(1, "signed:x").seal(bytes("1")))))
        .contains("\"code\":106");
  }

  @Test
  void theServersOwnPublicationsNeedNoSignature() {
    var peer = node.anonymous(Encoding.JSON);
    peer.ask("{'id':3,'subscribe':{'channel':'signed:a'}}");
    node.publish("signed:a", "{'n':1}");
    assertThat(peer.next()).contains("\"data\":{\"n\":1}");
  }

  // ---- with the key that the token names

  @ParameterizedTest
  @EnumSource
  void theTokensKeyVerifiesOnArrivalAndASubscriberVerifiesEndToEnd(Encoding encoding)
      throws Exception {
    var peer = holder(encoding);
    assertThat(peer.ask("{'id':2,'rpc':{'method':'dunlin.signing','data':{}}}"))
        .contains("{\"connection\":\"C1\",\"alg\":\"EdDSA\"}");
    var subscriber = node.anonymous(Encoding.JSON);
    subscriber.ask("{'id':3,'subscribe':{'channel':'carried:a'}}");
    var place = new Place("carried:a", connection(1));
    var signer = SignedMessages.signer(keys.getPrivate(), place);
    var verifier = SignedMessages.verifier(keys.getPublic(), place).late();
    for (int i = 1; i <= 2; i++) {
      var sealed = signer.seal(bytes("{\"n\":" + i + "}"));
      assertThat(peer.ask(publish("carried:a", sealed))).contains("\"publish\":{}");
      assertThat(subscriber.next()).contains("\"data\":" + quoted(sealed), "\"client\":\"C1\"");
      assertThat(new String(verifier.open(sealed), UTF_8)).isEqualTo("{\"n\":" + i + "}");
    }
    var third = signer.seal(bytes("3"));
    third[third.length - 1] ^= 1;
    assertThat(peer.ask(publish("carried:a", third))).isEqualTo(error(Fault.ALTERED));
    subscriber.silent();
  }

  @Test
  void whatSubscribersCouldNotVerifyIsNotCarried() {
    var peer = node.anonymous(Encoding.JSON);
    var sealed = signer(1, "carried:a").seal(bytes("1"));
    assertThat(peer.ask(publish("carried:a", sealed))).isEqualTo(error(Fault.NO_KEY));
  }

  @Test
  void theTokensKeyCountsEvenWhereThereIsASecret() {
    var peer = holder(Encoding.JSON);
    var place = new Place("signed:a", connection(1));
    assertThat(peer.ask(publish("signed:a", signer(1, "signed:a").seal(bytes("1")))))
        .isEqualTo(error(Fault.MALFORMED));
    var sealed = SignedMessages.signer(keys.getPrivate(), place).seal(bytes("1"));
    assertThat(peer.ask(publish("signed:a", sealed))).contains("\"publish\":{}");
  }

  @Test
  void aRefreshThatNamesAnotherKeySendsTheClientBackToBeginWithIt() {
    var peer = holder(Encoding.JSON);
    peer.send("{'id':2,'refresh':{'token':'%s'}}".formatted(TestNode.token("{'sub':'ann'}")));
    assertThat(peer.ending()).isEqualTo("3010 insufficient state");
  }
}
