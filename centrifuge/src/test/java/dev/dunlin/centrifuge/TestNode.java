package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.Jwt;
import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.MemoryBroker;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.server.internal.Budget;
import dev.dunlin.websocket.DeflateContext;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A node in memory with a clock of its own: real endpoint, real WebSocket framing, no sockets.
 *
 * <p>Ids of connections and epochs are random; in texts they read C1, C2, … and E1, E2, … in the
 * order in which they were seen first.
 */
final class TestNode implements AutoCloseable {

  static final Instant START = Instant.ofEpochSecond(1_800_000_000);
  private static final String SECRET =
      "a secret of the tests, long enough for HS512: 64 bytes and then some more";
  private static final Pattern CLIENT =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern EPOCH = Pattern.compile("(?<=\"epoch\":\")[a-z]{8}(?=\")");

  final Budget budget = Budget.ofHeap();
  final DeflateContext deflateContext = new DeflateContext();
  final VirtualLane lane = new VirtualLane();
  final InstantSource clock = () -> START.plus(lane.passed());
  final Hub hub;
  final CentrifugeEndpoint endpoint;
  private final List<String> clients = new ArrayList<>();
  private final List<String> epochs = new ArrayList<>();
  private final List<Peer> peers = new ArrayList<>();

  /** Where peers that are made from now on seem to be. */
  SocketAddress address = InetSocketAddress.createUnresolved("memory", 0);

  private TestNode(UnaryOperator<Broker> broker, UnaryOperator<CentrifugeEndpoint> configure) {
    hub =
        Hub.over(
            broker.apply(
                MemoryBroker.builder()
                    .ticker(lane::now)
                    .wallClock(clock)
                    .random(new Random(11))
                    .build()));
    endpoint =
        configure.apply(
            CentrifugeEndpoint.over(hub)
                .authenticate(
                    Jwt.hs512(SECRET)
                        .expiryOptional()
                        .subjectOptional()
                        .clock(clock)
                        .leeway(Duration.ZERO))
                .clock(clock));
  }

  /** A node whose endpoint the test configures. */
  static TestNode of(UnaryOperator<CentrifugeEndpoint> configure) {
    return new TestNode(broker -> broker, configure);
  }

  /** A node over a broker that the test wraps. */
  static TestNode over(UnaryOperator<Broker> broker, UnaryOperator<CentrifugeEndpoint> configure) {
    return new TestNode(broker, configure);
  }

  /** A node that lets anybody in, with these namespaces. */
  static TestNode open(Map<String, NamespaceOptions> namespaces) {
    return of(endpoint ->
        endpoint
            .allowAnonymous()
            .namespaces(new Namespaces(NamespaceOptions.defaults(), namespaces)));
  }

  /** Options under which anybody may subscribe and publish. */
  static NamespaceOptions.Builder anybody() {
    return NamespaceOptions.builder()
        .allowSubscribeForClient(true)
        .allowSubscribeForAnonymous(true)
        .allowPublishForClient(true)
        .allowPublishForAnonymous(true);
  }

  /** The same with a history of ten. */
  static NamespaceOptions.Builder history() {
    return anybody()
        .historySize(10)
        .historyTtl(Duration.ofMinutes(5))
        .allowHistoryForClient(true)
        .allowHistoryForAnonymous(true);
  }

  /** A client that has opened its transport and said nothing. */
  Peer peer(Encoding encoding) {
    return peer(encoding, "");
  }

  /** The same with a query string. */
  Peer peer(Encoding encoding, String query) {
    var peer = Peer.open(this, encoding, query, false);
    peers.add(peer);
    return peer;
  }

  /** The same over a connection that compresses. */
  Peer compressed(Encoding encoding) {
    var peer = Peer.open(this, encoding, "", true);
    peers.add(peer);
    return peer;
  }

  /** A client that has connected without credentials. */
  Peer anonymous(Encoding encoding) {
    var peer = peer(encoding);
    peer.send("{'id':1,'connect':{}}");
    peer.next();
    return peer;
  }

  /** A client that has connected with a token for this user. */
  Peer user(Encoding encoding, String user) {
    var peer = peer(encoding);
    peer.send("{'id':1,'connect':{'token':'%s'}}".formatted(token("{'sub':'%s'}".formatted(user))));
    peer.next();
    return peer;
  }

  /** A signed token with these claims. */
  static String token(String claims) {
    return signed(claims, SECRET);
  }

  /** A token that somebody else has signed. */
  static String forged(String claims) {
    return signed(claims, SECRET.toUpperCase(java.util.Locale.ROOT));
  }

  private static String signed(String claims, String secret) {
    try {
      var base64 = Base64.getUrlEncoder().withoutPadding();
      var input =
          base64.encodeToString("{\"alg\":\"HS512\"}".getBytes(UTF_8))
              + "."
              + base64.encodeToString(claims.replace('\'', '"').getBytes(UTF_8));
      var mac = Mac.getInstance("HmacSHA512");
      mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA512"));
      return input + "." + base64.encodeToString(mac.doFinal(input.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Seconds since 1970, this long after the start. */
  static long second(int afterStart) {
    return START.getEpochSecond() + afterStart;
  }

  /** Publishes through the server's API. */
  void publish(String channel, String data) {
    publish(channel, data, options -> options);
  }

  void publish(String channel, String data, UnaryOperator<PublishOptions> options) {
    endpoint
        .api()
        .publish(channel, data.replace('\'', '"').getBytes(UTF_8), options)
        .toCompletableFuture()
        .join();
    lane.run();
  }

  /** Runs what comes from hooks until something is so. */
  void await(BooleanSupplier condition) {
    lane.run();
    while (!condition.getAsBoolean()) {
      if (!lane.awaitTask()) {
        throw new AssertionError("it does not come true");
      }
      lane.run();
    }
  }

  void advance(Duration time) {
    lane.advance(time);
  }

  /** The text with the random parts replaced by their order. */
  String alias(String text) {
    var named = CLIENT.matcher(text).replaceAll(found -> "C" + order(clients, found.group()));
    return EPOCH.matcher(named).replaceAll(found -> "E" + order(epochs, found.group()));
  }

  private static int order(List<String> seen, String value) {
    if (!seen.contains(value)) {
      seen.add(value);
    }
    return seen.indexOf(value) + 1;
  }

  /** The text with E1 and C1 replaced by what they stand for. */
  String real(String text) {
    var real = text;
    for (int i = 0; i < epochs.size(); i++) {
      real = real.replace("\"epoch\":\"E" + (i + 1) + "\"", "\"epoch\":\"" + epochs.get(i) + "\"");
    }
    return real;
  }

  /** The id of the connection that is called C1, C2 and so on. */
  String client(int number) {
    return clients.get(number - 1);
  }

  @Override
  public void close() {
    peers.forEach(Peer::leave);
    lane.run();
    hub.close();
    lane.release();
    deflateContext.close();
  }
}
