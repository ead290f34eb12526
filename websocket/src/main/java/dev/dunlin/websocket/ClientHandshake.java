package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The client's half of the opening handshake (RFC 6455, 4.1): {@link #request} is sent, what comes
 * back is fed to {@link #receive} until it says {@link Agreed} or {@link Failed}. One connection
 * per object; not thread safe.
 */
public final class ClientHandshake {

  /** How far the handshake has come. */
  public sealed interface Outcome permits NeedMore, Agreed, Failed {}

  /** The answer has not ended yet. */
  public record NeedMore() implements Outcome {}

  /**
   * The connection speaks WebSocket; octets after the answer were left in the buffer.
   *
   * @param subprotocol the one the server chose
   * @param compression what was agreed about permessage-deflate, if it was
   * @param response the answer
   */
  public record Agreed(
      Optional<String> subprotocol, Optional<DeflateParameters> compression, ResponseHead response)
      implements Outcome {}

  /**
   * The server refused or answered wrongly: the connection is to be closed without a close frame.
   *
   * @param reason one line
   * @param response the answer, where it was HTTP at all
   */
  public record Failed(String reason, Optional<ResponseHead> response) implements Outcome {}

  private static final NeedMore NEED_MORE = new NeedMore();
  private static final int MAX_HEAD_BYTES = 8192;
  private static final int MAX_HEADERS = 64;
  private static final Set<String> OWN_HEADERS =
      Set.of("host", "upgrade", "connection", "content-length", "transfer-encoding");

  private final ByteBuffer request;
  private final String key;
  private final List<String> subprotocols;
  private final Compression compression;

  private int budget = MAX_HEAD_BYTES;
  private HeadReader reader = expect();
  private @Nullable Outcome outcome;

  private ClientHandshake(
      ByteBuffer request, String key, List<String> subprotocols, Compression compression) {
    this.request = request;
    this.key = key;
    this.subprotocols = subprotocols;
    this.compression = compression;
  }

  /**
   * A handshake with {@code host}, which may name a port, for {@code target}.
   *
   * @throws IllegalArgumentException if the host is none or the target is not a path and query in
   *     their encoded form
   */
  public static Builder to(String host, String target) {
    return new Builder(host, target);
  }

  /** What a client asks for. Not thread safe. */
  public static final class Builder {
    private final String host;
    private final String target;
    private Headers headers = Headers.none();
    private List<String> subprotocols = List.of();
    private Compression compression = Compression.shared();

    private Builder(String host, String target) {
      if (!Authority.valid(host)) {
        throw new IllegalArgumentException("'" + host + "' is not a host with an optional port");
      }
      if (!target.startsWith("/") || RequestTarget.parse(target) == null) {
        throw new IllegalArgumentException("the target is not an encoded path and query");
      }
      this.host = host;
      this.target = target;
    }

    /**
     * One more header line.
     *
     * @throws IllegalArgumentException if it cannot be written, or is the handshake's own
     */
    public Builder header(String name, String value) {
      var lower = name.toLowerCase(Locale.ROOT);
      if (OWN_HEADERS.contains(lower) || lower.startsWith("sec-websocket-")) {
        throw new IllegalArgumentException(name + " is the handshake's own header");
      }
      headers = headers.with(name, value);
      return this;
    }

    /**
     * The subprotocols to offer, the preferred first. Default none.
     *
     * @throws IllegalArgumentException if one is not a token or stands twice
     */
    public Builder subprotocols(String... names) {
      var offered = new ArrayList<String>();
      for (var name : names) {
        if (!Syntax.isToken(name) || offered.contains(name)) { // RFC 6455, 4.1
          throw new IllegalArgumentException("'" + name + "' is not a token, or stands twice");
        }
        offered.add(name);
      }
      subprotocols = List.copyOf(offered);
      return this;
    }

    /** The compression to offer. Default {@link Compression#shared()}. */
    public Builder compression(Compression compression) {
      this.compression = compression;
      return this;
    }

    /** The handshake, its key drawn from {@code random}: a strong source, except in tests. */
    public ClientHandshake begin(RandomGenerator random) {
      var nonce = new byte[16];
      random.nextBytes(nonce);
      var key = Base64.getEncoder().encodeToString(nonce);
      var head = new StringBuilder(512);
      head.append("GET ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
      head.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")
          .append(key)
          .append("\r\nSec-WebSocket-Version: 13\r\n");
      if (!subprotocols.isEmpty()) {
        head.append("Sec-WebSocket-Protocol: ")
            .append(String.join(", ", subprotocols))
            .append("\r\n");
      }
      var offer = DeflateNegotiation.offer(compression);
      if (!offer.isEmpty()) {
        head.append("Sec-WebSocket-Extensions: ").append(offer).append("\r\n");
      }
      headers.appendTo(head);
      head.append("\r\n");
      var bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
      return new ClientHandshake(
          ByteBuffer.wrap(bytes).asReadOnlyBuffer(), key, subprotocols, compression);
    }
  }

  /** The request, read-only. */
  public ByteBuffer request() {
    return request.duplicate();
  }

  /**
   * Takes octets of the answer up to and including its blank line, at most 8 KiB, and leaves the
   * rest. Informational answers (1xx) before it are passed over within the same 8 KiB. Never throws
   * for what a peer sent; after {@link Agreed} or {@link Failed} it takes nothing more.
   */
  public Outcome receive(ByteBuffer bytes) {
    while (outcome == null) {
      reader.feed(bytes);
      if (reader.refusal() != null) {
        outcome =
            new Failed("the answer is not an HTTP response head within limits", Optional.empty());
      } else if (reader.complete()) {
        answered();
      } else {
        return NEED_MORE;
      }
    }
    return outcome;
  }

  private HeadReader expect() {
    return new HeadReader(ClientHandshake::judgeStatusLine, budget, budget, MAX_HEADERS);
  }

  private static @Nullable Refusal judgeStatusLine(String line) {
    return status(line) < 0 ? Refusal.of(502, "not a status line") : null;
  }

  /** The status of {@code HTTP/1.1 101 words}, or -1 (RFC 9112, 4). */
  private static int status(String line) {
    boolean formed =
        (line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
            && line.length() >= 12
            && (line.length() == 12 || line.charAt(12) == ' ');
    int status = formed ? (int) Syntax.digits(line.substring(9, 12), 3) : -1;
    return status >= 100 ? status : -1;
  }

  private void answered() {
    var line = reader.startLine();
    int status = status(line);
    var reason = line.length() > 13 ? line.substring(13) : "";
    var response = new ResponseHead(status, reason, reader.headers());
    if (status < 200 && status != 101) {
      budget -= reader.size(); // RFC 9110, 15.2: interim, the answer is still to come
      reader = expect();
      return;
    }
    outcome = judge(response, line.startsWith("HTTP/1.1"));
  }

  private Outcome judge(ResponseHead response, boolean http11) {
    var headers = response.headers();
    if (response.status() != 101) {
      return failed("the server answered " + response.status() + " instead of 101", response);
    }
    if (!http11) {
      return failed("the answer is not HTTP/1.1", response);
    }
    if (headers.count("Upgrade") != 1 || !headers.lists("Upgrade", "websocket")) {
      return failed("the answer's Upgrade header is not websocket", response);
    }
    if (!headers.lists("Connection", "upgrade")) {
      return failed("the answer's Connection header does not name upgrade", response);
    }
    if (!headers.all("Sec-WebSocket-Accept").equals(List.of(Handshake.acceptValue(key)))) {
      return failed("the answer's Sec-WebSocket-Accept does not match the key", response);
    }
    var chosen = headers.all("Sec-WebSocket-Protocol");
    if (chosen.size() > 1 || !subprotocols.containsAll(chosen)) {
      return failed("the server chose a subprotocol that was not offered", response);
    }
    return extensions(response, chosen.stream().findFirst());
  }

  private Outcome extensions(ResponseHead response, Optional<String> subprotocol) {
    var parsed = ExtensionOffers.parse(response.headers().all("Sec-WebSocket-Extensions"));
    if (parsed == null || parsed.offers().size() > 1) {
      return failed("the answer's Sec-WebSocket-Extensions header is malformed", response);
    }
    if (parsed.offers().isEmpty()) {
      return new Agreed(subprotocol, Optional.empty(), response);
    }
    var agreed = DeflateNegotiation.accept(parsed.offers().get(0), compression);
    return agreed == null
        ? failed("the server agreed to an extension in terms that were not offered", response)
        : new Agreed(subprotocol, Optional.of(agreed), response);
  }

  private static Failed failed(String reason, ResponseHead response) {
    return new Failed(reason, Optional.of(response));
  }
}
