package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of the opening handshake (RFC 6455, 4.2) as a pure function of a request and
 * these settings. Immutable: every setting makes a new one.
 */
public final class Handshake {

  private static final byte[] GUID =
      "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".getBytes(StandardCharsets.ISO_8859_1);

  /** What the server says to a request. */
  public sealed interface Answer permits Accepted, Refusal {}

  /**
   * The upgrade is accepted: after {@link #bytes()} the connection speaks WebSocket.
   *
   * @param bytes the whole 101 response, read-only
   * @param subprotocol the chosen one
   * @param compression what was agreed about permessage-deflate, if it was
   */
  public record Accepted(
      ByteBuffer bytes, Optional<String> subprotocol, Optional<DeflateParameters> compression)
      implements Answer {

    @Override
    public ByteBuffer bytes() {
      return bytes.duplicate();
    }
  }

  private static final Handshake DEFAULTS =
      new Handshake(
          Compression.shared(),
          offered -> Optional.empty(),
          OriginRule.sameOrigin(),
          Headers.none());

  private static final Set<String> OWN_HEADERS =
      Set.of("upgrade", "connection", "content-length", "transfer-encoding");

  private final Compression compression;
  private final Function<List<String>, Optional<String>> subprotocol;
  private final Predicate<UpgradeRequest> origins;
  private final Headers headers;

  private Handshake(
      Compression compression,
      Function<List<String>, Optional<String>> subprotocol,
      Predicate<UpgradeRequest> origins,
      Headers headers) {
    this.compression = compression;
    this.subprotocol = subprotocol;
    this.origins = origins;
    this.headers = headers;
  }

  /** Shared compression, no subprotocol, same origin, no further headers. */
  public static Handshake defaults() {
    return DEFAULTS;
  }

  /** With other compression. Default {@link Compression#shared()}. */
  public Handshake compression(Compression compression) {
    return new Handshake(compression, subprotocol, origins, headers);
  }

  /**
   * With these subprotocols: the first of the client's offers that is among them is chosen; if none
   * is, the answer names none.
   */
  public Handshake subprotocols(String... known) {
    var all = Set.of(known);
    return subprotocol(offered -> offered.stream().filter(all::contains).findFirst());
  }

  /**
   * With a chooser of the subprotocol, called with the client's offers in its order, never with an
   * empty list. What it throws, {@link #answer} throws.
   */
  public Handshake subprotocol(Function<List<String>, Optional<String>> chooser) {
    return new Handshake(compression, chooser, origins, headers);
  }

  /** With another origin rule: 403 where it says no. Default {@link OriginRule#sameOrigin()}. */
  public Handshake origins(Predicate<UpgradeRequest> rule) {
    return new Handshake(compression, subprotocol, rule, headers);
  }

  /**
   * With one more header line in the 101 response.
   *
   * @throws IllegalArgumentException if it cannot be written, or is the handshake's own
   */
  public Handshake header(String name, String value) {
    var lower = name.toLowerCase(Locale.ROOT);
    if (OWN_HEADERS.contains(lower) || lower.startsWith("sec-websocket-")) {
      throw new IllegalArgumentException(name + " is the handshake's own header");
    }
    return new Handshake(compression, subprotocol, origins, headers.with(name, value));
  }

  /**
   * Accepts or refuses. Call it when route and authentication have had their say.
   *
   * @throws IllegalStateException if the chooser chose a subprotocol that was not offered
   */
  public Answer answer(UpgradeRequest request) {
    var refusal = check(request);
    return refusal.isPresent() ? refusal.get() : accept(request);
  }

  /**
   * The refusal of a request that cannot be answered with 101 whoever sends it: for servers that
   * ask before they authenticate. {@link #answer} asks again.
   */
  public Optional<Refusal> check(UpgradeRequest request) {
    var refusal = refusal(request);
    if (refusal == null && !origins.test(request)) {
      refusal = Refusal.of(403, "pages of this origin may not connect");
    }
    return Optional.ofNullable(refusal);
  }

  private static @Nullable Refusal refusal(UpgradeRequest request) {
    var headers = request.headers();
    if (request.minorVersion() == 0) {
      return Refusal.of(400, "WebSocket needs HTTP/1.1");
    }
    if (!request.method().equals("GET")) {
      return Refusal.of(405, "WebSocket begins with GET").header("Allow", "GET");
    }
    if (!headers.lists("Upgrade", "websocket")) {
      return upgradeRequired("the Upgrade header does not name websocket: did a proxy remove it?");
    }
    if (!headers.lists("Connection", "upgrade")) {
      return Refusal.of(400, "the Connection header does not name upgrade: did a proxy remove it?");
    }
    if (headers.has("Transfer-Encoding")
        || headers.first("Content-Length").filter(length -> !isZero(length)).isPresent()) {
      return Refusal.of(400, "the request has a body");
    }
    if (!headers.all("Sec-WebSocket-Version").equals(List.of("13"))) {
      return upgradeRequired("the only Sec-WebSocket-Version understood is 13");
    }
    if (headers.count("Sec-WebSocket-Key") != 1
        || !isKey(headers.first("Sec-WebSocket-Key").orElse(""))) {
      return Refusal.of(400, "there is no single Sec-WebSocket-Key of 16 bytes in base64");
    }
    if (headers.count("Origin") > 1) {
      return Refusal.of(400, "there is more than one Origin header");
    }
    if (request.hasMalformedSubprotocols()) {
      return Refusal.of(400, "the Sec-WebSocket-Protocol header is not a list of tokens");
    }
    if (offers(request) == null) {
      return Refusal.of(400, "the Sec-WebSocket-Extensions header is malformed"); // 9.1
    }
    return null;
  }

  private static Refusal upgradeRequired(String reason) {
    return Refusal.of(426, reason)
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13");
  }

  private static boolean isZero(String length) {
    return Syntax.digits(length, 18) == 0;
  }

  /** 22 characters of the base64 alphabet and two for padding: 16 bytes (RFC 6455, 4.1). */
  private static boolean isKey(String key) {
    if (key.length() != 24 || !key.endsWith("==")) {
      return false;
    }
    for (int i = 0; i < 22; i++) {
      char c = key.charAt(i);
      if (!(Syntax.isDigit(c)
          || (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || c == '+'
          || c == '/')) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable ExtensionOffers offers(UpgradeRequest request) {
    return ExtensionOffers.parse(request.headers().all("Sec-WebSocket-Extensions"));
  }

  private Accepted accept(UpgradeRequest request) {
    var chosen = choose(request.subprotocols());
    var offers = offers(request);
    var agreed = offers == null ? null : DeflateNegotiation.answer(offers, compression);
    var head = new StringBuilder(256);
    head.append(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    head.append("Sec-WebSocket-Accept: ")
        .append(acceptValue(request.headers().first("Sec-WebSocket-Key").orElseThrow()))
        .append("\r\n");
    chosen.ifPresent(name -> head.append("Sec-WebSocket-Protocol: ").append(name).append("\r\n"));
    if (agreed != null) {
      head.append("Sec-WebSocket-Extensions: ").append(agreed.headerValue()).append("\r\n");
    }
    headers.appendTo(head);
    head.append("\r\n");
    return new Accepted(
        ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.ISO_8859_1)).asReadOnlyBuffer(),
        chosen,
        Optional.ofNullable(agreed).map(DeflateNegotiation.Agreed::parameters));
  }

  private Optional<String> choose(List<String> offered) {
    if (offered.isEmpty()) {
      return Optional.empty();
    }
    var chosen = subprotocol.apply(offered);
    if (chosen.isPresent() && !offered.contains(chosen.get())) {
      throw new IllegalStateException("the subprotocol chosen is not one of those offered");
    }
    return chosen;
  }

  /** The {@code Sec-WebSocket-Accept} that proves the key was read (RFC 6455, 4.2.2, item 5.4). */
  static String acceptValue(String key) {
    try {
      var digest = MessageDigest.getInstance("SHA-1");
      digest.update(key.getBytes(StandardCharsets.ISO_8859_1));
      digest.update(GUID);
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
