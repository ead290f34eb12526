package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.centrifuge.NamespaceOptions.SignedPublications;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Prints what a publication costs the server with and without a signature by the connection's key,
 * from the frame of the client to the reply in the queue; the figures are in docs/design/auth.md. A
 * program, not a test.
 */
final class SigningCost {

  private static final int ROUNDS = 7;
  private static final int PUBLICATIONS = 20_000;
  private static final byte[] SECRET = "a secret of thirty-two bytes, ok".getBytes(UTF_8);

  private SigningCost() {}

  public static void main(String[] args) {
    var payload = "{\"x\":12.5,\"y\":7,\"name\":\"" + "n".repeat(40) + "\"}";
    var plain = cost(SignedPublications.OFF, payload);
    var verified = cost(SignedPublications.VERIFIED, payload);
    System.out.printf(
        Locale.ROOT,
        "a publication of %d bytes: %.0f bytes and %.1f us plain, %.0f bytes and %.1f us signed%n",
        payload.length(),
        plain[0],
        plain[1],
        verified[0],
        verified[1]);
  }

  /** Bytes of a command and the least microseconds of CPU for one, client's framing included. */
  private static double[] cost(SignedPublications signed, String payload) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    double least = Double.MAX_VALUE;
    double bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
      var options = TestNode.anybody().signedPublications(signed).build();
      try (var node =
          TestNode.of(endpoint ->
              endpoint
                  .allowAnonymous()
                  .signing(SECRET)
                  .namespaces(
                      new Namespaces(NamespaceOptions.defaults(), Map.of("cost", options))))) {
        var peer = node.anonymous(Encoding.JSON);
        var commands = commands(node.client(1), signed != SignedPublications.OFF, payload);
        bytes = commands.stream().mapToInt(String::length).average().orElse(0);
        long cpu = threads.getCurrentThreadCpuTime();
        for (var command : commands) {
          if (!peer.ask(command).contains("publish")) {
            throw new AssertionError("refused");
          }
        }
        least = Math.min(least, (threads.getCurrentThreadCpuTime() - cpu) / 1e3 / PUBLICATIONS);
      }
    }
    return new double[] {bytes, least};
  }

  private static List<String> commands(String connection, boolean sign, String payload) {
    var key = SignedMessages.connectionKey(SECRET, connection);
    var signer = SignedMessages.signer(key, new Place("cost:a", connection));
    var commands = new ArrayList<String>();
    for (int i = 0; i < PUBLICATIONS; i++) {
      var data =
          sign
              ? new String(
                  Bytes.array(JsonText.quoted(signer.seal(payload.getBytes(UTF_8)))), UTF_8)
              : payload;
      commands.add("{\"id\":7,\"publish\":{\"channel\":\"cost:a\",\"data\":" + data + "}}");
    }
    return commands;
  }
}
