package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.auth.SignedMessages.Refused;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.auth.SignedMessages.Verifier;
import dev.dunlin.centrifuge.NamespaceOptions.SignatureRefusal;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The signatures of one client's publications: its key, and how far it has come in each channel.
 * Confined to the lane, and to the command that is under way.
 */
final class SignedPublications {

  /** What a client asks for to learn its connection's key; answered here, before any hook. */
  static final String PROCEDURE = "dunlin.signing";

  /** The first of the error codes; each fault has the next. */
  private static final int FIRST_ERROR = 320;

  private static final int CLOSE = 3520;

  private final Node node;
  private final ClientHandler client;
  private final Map<String, Verifier> verifiers = new HashMap<>();

  SignedPublications(Node node, ClientHandler client) {
    this.node = node;
    this.client = client;
  }

  /** The key that an identity's token names as its holder's. */
  static Optional<PublicKey> holderKey(Identity identity) {
    try {
      return SignedMessages.holderKey(identity);
    } catch (AuthenticationException unusable) {
      return Optional.empty(); // as if there were none: what needs it is refused
    }
  }

  /**
   * The answer to {@link #PROCEDURE}: the connection, and the key where it is one that the server
   * has made. Empty if the client has no key to sign with.
   */
  static Optional<byte[]> told(Node node, ClientSession state) {
    var connection = "{\"connection\":\"" + state.id + "\",\"alg\":";
    if (holderKey(state.identity).isPresent()) {
      return Optional.of((connection + "\"EdDSA\"}").getBytes(UTF_8));
    }
    return key(node, state)
        .map(key ->
            (connection
                    + "\"HS256\",\"key\":\""
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(key)
                    + "\"}")
                .getBytes(UTF_8));
  }

  private static Optional<byte[]> key(Node node, ClientSession state) {
    return node.signingSecret().map(secret -> SignedMessages.connectionKey(secret, state.id));
  }

  /** A publication without its signature; fails with a {@link Rejection} if that is not right. */
  CompletionStage<byte[]> open(NamespaceOptions rules, String channel, byte[] data) {
    var state = client.state();
    var known = verifiers.get(channel);
    if (known == null && verifiers.size() >= node.options().channelLimit()) {
      throw Rejection.error(ErrorCode.LIMIT_EXCEEDED);
    }
    var place = new Place(channel, state.id);
    var holder = holderKey(state.identity);
    var sealed = unquoted(data);
    if (sealed == null) {
      throw refusal(rules, Fault.MISSING);
    }
    if (holder.isPresent()) {
      // some hundred microseconds of arithmetic: too much for an event loop
      var verifier = known == null ? SignedMessages.verifier(holder.get(), place) : known;
      return Node.ask(message -> open(rules, verifier, message), sealed)
          .thenApplyAsync(message -> keep(channel, verifier, message), client::resume);
    }
    var key =
        rules.signedPublications() == NamespaceOptions.SignedPublications.CARRIED
            ? Optional.<byte[]>empty() // subscribers could not verify it
            : key(node, state);
    if (key.isEmpty()) {
      throw refusal(rules, Fault.NO_KEY);
    }
    var verifier = known == null ? SignedMessages.verifier(key.get(), place) : known;
    return CompletableFuture.completedStage(keep(channel, verifier, open(rules, verifier, sealed)));
  }

  private byte[] open(NamespaceOptions rules, Verifier verifier, byte[] sealed) {
    try {
      return verifier.open(sealed);
    } catch (Refused refused) {
      throw refusal(rules, refused.fault());
    }
  }

  /** Only what was genuine leaves a trace here. */
  private byte[] keep(String channel, Verifier verifier, byte[] message) {
    verifiers.put(channel, verifier);
    node.counters().verified.increment();
    return message;
  }

  private Rejection refusal(NamespaceOptions rules, Fault fault) {
    node.counters().refused(fault);
    return rules.signatureRefusal() == SignatureRefusal.CLOSE
        ? Rejection.disconnect(new Disconnect(CLOSE, "signature: " + fault.text()))
        : Rejection.error(new ErrorCode(FIRST_ERROR + fault.ordinal(), fault.text(), false));
  }

  /** JSON has no bytes: there, and wherever JSON clients are to read it, it stands in a string. */
  private static byte @Nullable [] unquoted(byte[] data) {
    if (data.length == 0 || data[0] != '"') {
      return data;
    }
    var object = ("{\"s\":" + new String(data, UTF_8) + "}").getBytes(UTF_8);
    try (var reader = new JsonReader(object, 0, object.length)) {
      var unused = reader.next();
      var text = reader.string();
      return reader.next() == null ? text.getBytes(UTF_8) : null;
    } catch (BadCommandException malformed) {
      return null;
    }
  }
}
