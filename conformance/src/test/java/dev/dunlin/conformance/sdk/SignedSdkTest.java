package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.Component;
import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.ConnectedEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * Signed publications between the published SDKs of Java and JavaScript, which know nothing of it.
 */
class SignedSdkTest {

  private static final Path HELPER = Path.of("../docs/guide/signed-messages").toAbsolutePath();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void theHelperForJavaScriptPassesTheVectors() throws Exception {
    var node = Component.NODE.require();
    var said =
        JavaScriptSdk.output(new ProcessBuilder(node.toString(), "--test", HELPER.toString()), 60);
    assertThat(said).contains("# fail 0").doesNotContain("# pass 0");
  }

  @Test
  void whatEitherSdkSignsTheOtherVerifiesAndFaultsAreRefused() throws Exception {
    JavaScriptSdk.install();
    var node = Component.NODE.require();
    var ours = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var theirs = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    try (var hub = Hub.inMemory();
        var server = SdkServer.start(hub)) {
      var events = new LinkedBlockingQueue<byte[]>();
      var id = new CompletableFuture<String>();
      var client = client(server, ours, id);
      client.connect();
      var connection = id.get(10, TimeUnit.SECONDS);
      signAndVerify(client, ours, connection, events);
      var process =
          new ProcessBuilder(node.toString(), "--test", "signed.test.mjs")
              .directory(JavaScriptSdk.FOLDER.toFile());
      var base64 = Base64.getEncoder();
      var environment = process.environment();
      environment.put("DUNLIN_URLS", server.url());
      environment.put("DUNLIN_TOKEN", SdkTokens.connection("bob", Duration.ofMinutes(5), ""));
      environment.put("DUNLIN_OWN_TOKEN", token("eve", theirs));
      environment.put("DUNLIN_OWN_KEY", base64.encodeToString(theirs.getPrivate().getEncoded()));
      environment.put("DUNLIN_JAVA_KEY", base64.encodeToString(ours.getPublic().getEncoded()));
      environment.put("DUNLIN_JAVA_CONNECTION", connection);
      var said = JavaScriptSdk.output(process, 60);
      assertThat(said).contains("# fail 0", "# pass 11");
      var statistics = server.endpoint().statistics();
      assertThat(statistics.signatureRefusals())
          .allSatisfy((fault, count) -> assertThat(count).as(fault.name()).isPositive());
      assertThat(statistics.signatureRefusals()).containsEntry(Fault.ALTERED, 3L);
      client.close(5_000);
    }
  }

  /** The Java SDK publishes three, is refused a fourth, and verifies what comes back. */
  private static void signAndVerify(
      Client client, KeyPair keys, String connection, BlockingQueue<byte[]> events)
      throws Exception {
    var place = new Place("carried:java", connection);
    var signer = SignedMessages.signer(keys.getPrivate(), place);
    var verifier = SignedMessages.verifier(keys.getPublic(), place).late();
    var subscribed = new CompletableFuture<Boolean>();
    var subscription =
        client.newSubscription(
            place.channel(),
            new SubscriptionEventListener() {
              @Override
              public void onSubscribed(Subscription to, SubscribedEvent event) {
                subscribed.complete(true);
              }

              @Override
              public void onPublication(Subscription to, PublicationEvent event) {
                events.add(event.getData());
              }
            });
    subscription.subscribe();
    subscribed.get(10, TimeUnit.SECONDS);
    for (int i = 1; i <= 3; i++) {
      // as a JSON string, so that JSON clients can read it
      var sealed = new String(signer.seal(("{\"n\":" + i + "}").getBytes(UTF_8)), UTF_8);
      assertThat(publish(subscription, JSON.writeValueAsBytes(sealed))).isEmpty();
      var came = events.poll(10, TimeUnit.SECONDS);
      assertThat(came).isNotNull();
      var opened = verifier.open(JSON.readValue(came, String.class).getBytes(UTF_8));
      assertThat(new String(opened, UTF_8)).isEqualTo("{\"n\":" + i + "}");
    }
    var altered = signer.seal("{}".getBytes(UTF_8));
    altered[altered.length - 1] ^= 1;
    assertThat(publish(subscription, altered)).isEqualTo("326");
  }

  /** Empty, or the code of the error. */
  private static String publish(Subscription subscription, byte[] data) throws Exception {
    var outcome = new CompletableFuture<String>();
    subscription.publish(
        data,
        (failure, result) ->
            outcome.complete(
                failure == null
                    ? ""
                    : failure instanceof io.github.centrifugal.centrifuge.ReplyError refused
                        ? String.valueOf(refused.getCode())
                        : failure.toString()));
    return outcome.get(10, TimeUnit.SECONDS);
  }

  private static Client client(SdkServer server, KeyPair keys, CompletableFuture<String> id) {
    var options = new Options();
    options.setToken(token("ann", keys));
    return new Client(
        server.url(),
        options,
        new EventListener() {
          @Override
          public void onConnected(Client client, ConnectedEvent event) {
            id.complete(event.getClient());
          }
        });
  }

  /** A token that names the holder's key (RFC 7800, 3.2). */
  private static String token(String user, KeyPair keys) {
    var encoded = keys.getPublic().getEncoded();
    var x =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    return SdkTokens.connection(
        user,
        Duration.ofMinutes(5),
        ",\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + x + "\"}}");
  }
}
