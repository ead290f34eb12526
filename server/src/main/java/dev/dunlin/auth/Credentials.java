package dev.dunlin.auth;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a peer presented to show who it is; nothing in it is verified, except that the peer holds
 * the private key of {@link #certificates()}.
 *
 * <p>The server builds it from an upgrade request, a protocol from its first message. Immutable.
 * {@link #toString()} says which kinds of credentials there are and shows none of them.
 */
public final class Credentials {

  /** How a token reached us, in order of preference: the first one present counts. */
  public enum Way {
    /** In the first message of a protocol: seen by no proxy, logged by no server. */
    MESSAGE,
    /** In the {@code Authorization} header as a bearer token (RFC 6750, 2.1). */
    AUTHORIZATION,
    /** In {@code Sec-WebSocket-Protocol}, for browsers; the server never echoes it. */
    SUBPROTOCOL,
    /** A one-time ticket; only {@link Tickets} looks at it. */
    TICKET,
    /** In a cookie; browsers send it unasked, so the origin must be checked as well. */
    COOKIE,
    /** In the query string, which ends up in logs and histories; off unless switched on. */
    QUERY
  }

  private final Map<Way, String> tokens;
  private final List<X509Certificate> certificates;
  private final @Nullable String origin;
  private final @Nullable InetAddress remoteAddress;
  private final Map<String, List<String>> headers;

  private Credentials(Builder builder) {
    tokens = new EnumMap<>(builder.tokens);
    certificates = List.copyOf(builder.certificates);
    origin = builder.origin;
    remoteAddress = builder.remoteAddress;
    headers = new LinkedHashMap<>();
    builder.headers.forEach((name, values) -> headers.put(name, List.copyOf(values)));
  }

  /** Nothing at all. */
  public static Credentials none() {
    return builder().build();
  }

  /** A token from the first message of a protocol. */
  public static Credentials token(String token) {
    return builder().token(Way.MESSAGE, token).build();
  }

  /** Starts with nothing. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts with everything in these credentials, to add a token that came later. */
  public Builder toBuilder() {
    var builder = new Builder();
    builder.tokens.putAll(tokens);
    builder.certificates = certificates;
    builder.origin = origin;
    builder.remoteAddress = remoteAddress;
    headers.forEach((name, values) -> builder.headers.put(name, new ArrayList<>(values)));
    return builder;
  }

  /** The token that came this way. */
  public Optional<String> token(Way way) {
    return Optional.ofNullable(tokens.get(way));
  }

  /** The token that came the most preferred of these ways. */
  public Optional<String> token(Set<Way> ways) {
    return tokens.entrySet().stream()
        .filter(entry -> ways.contains(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /**
   * The peer's certificate chain as the TLS handshake brought it, its own first: the peer holds the
   * key, which says nothing about who vouches for it. Empty without mTLS.
   */
  public List<X509Certificate> certificates() {
    return certificates;
  }

  /** The {@code Origin} header of the upgrade. */
  public Optional<String> origin() {
    return Optional.ofNullable(origin);
  }

  /** The address of the other end of the socket, which may be a proxy's. */
  public Optional<InetAddress> remoteAddress() {
    return Optional.ofNullable(remoteAddress);
  }

  /** The values of a request header, names compared without case; empty if absent. */
  public List<String> header(String name) {
    return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
  }

  /** Which kinds of credentials are present; never their values. */
  @Override
  public String toString() {
    return "Credentials[tokens="
        + tokens.keySet()
        + ", certificates="
        + certificates.size()
        + ", headers="
        + headers.keySet()
        + "]";
  }

  /** Collects what a peer presented. Not for use by several threads. */
  public static final class Builder {
    private final Map<Way, String> tokens = new EnumMap<>(Way.class);
    private List<X509Certificate> certificates = List.of();
    private @Nullable String origin;
    private @Nullable InetAddress remoteAddress;
    private final Map<String, List<String>> headers = new LinkedHashMap<>();

    private Builder() {}

    /** Adds a token; a later one that came the same way replaces an earlier one. */
    public Builder token(Way way, String token) {
      tokens.put(way, token);
      return this;
    }

    /**
     * Adds the token of an {@code Authorization} header if its scheme is {@code Bearer}, in any
     * case (RFC 9110, 11.1); other schemes are not ours to read and leave nothing.
     */
    public Builder authorization(String value) {
      if (value.regionMatches(true, 0, "Bearer ", 0, 7)) {
        token(Way.AUTHORIZATION, value.substring(7).strip());
      }
      return this;
    }

    /** Sets the chain whose first certificate the peer has proved to own. */
    public Builder certificates(List<X509Certificate> chain) {
      certificates = List.copyOf(chain);
      return this;
    }

    /** Sets the chain whose first certificate the peer has proved to own. */
    public Builder certificates(X509Certificate... chain) {
      return certificates(Arrays.asList(chain));
    }

    /** Sets the {@code Origin} header. */
    public Builder origin(String value) {
      origin = value;
      return this;
    }

    /** Sets the address of the other end of the socket. */
    public Builder remoteAddress(InetAddress address) {
      remoteAddress = address;
      return this;
    }

    /** Adds a request header; several of one name are kept apart. */
    public Builder header(String name, String value) {
      headers.computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>()).add(value);
      return this;
    }

    /** What was collected. */
    public Credentials build() {
      return new Credentials(this);
    }
  }
}
