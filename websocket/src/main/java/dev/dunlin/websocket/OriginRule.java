package dev.dunlin.websocket;

import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which pages may connect (RFC 6455, 10.2): a browser sends its user's cookies along for any page
 * that asks, and says in {@code Origin} which page it was.
 *
 * <p>Origins are compared whole, scheme, host and port, never by a part. {@code null}, the origin
 * of sandboxed pages and local files, never passes a rule other than {@link #any()}. A request
 * without {@code Origin} does not come from a page and passes, unless it presents cookies.
 */
public final class OriginRule implements Predicate<UpgradeRequest> {

  private static final OriginRule SAME = new OriginRule(Set.of());

  private final Set<String> allowed;

  private OriginRule(Set<String> allowed) {
    this.allowed = allowed;
  }

  /** Pages of the host, port and scheme that the request itself goes to. The default. */
  public static OriginRule sameOrigin() {
    return SAME;
  }

  /** Every request passes: for services that let in by token alone. */
  public static Predicate<UpgradeRequest> any() {
    return request -> true;
  }

  /**
   * Pages of these origins, such as {@code https://example.com}, beside those of the same origin.
   *
   * @throws IllegalArgumentException if one is not {@code http} or {@code https}, a host and
   *     perhaps a port
   */
  public static OriginRule allow(String... origins) {
    return new OriginRule(
        Stream.of(origins)
            .map(origin -> {
              var known = normalize(origin);
              if (known.isEmpty()) {
                throw new IllegalArgumentException(
                    "'" + origin + "' is not an origin: write https://host or http://host:port");
              }
              return known;
            })
            .collect(Collectors.toUnmodifiableSet()));
  }

  @Override
  public boolean test(UpgradeRequest request) {
    if (request.headers().count("Origin") > 1) {
      return false;
    }
    var origin = request.origin();
    if (origin.isEmpty()) {
      return !request.hasCookies();
    }
    var page = normalize(origin.get());
    if (page.isEmpty()) {
      return false;
    }
    return allowed.contains(page) || page.equals(own(request));
  }

  private static String own(UpgradeRequest request) {
    return normalize((request.secure() ? "https://" : "http://") + request.host().orElse(""));
  }

  /** The origin in lower case with its port; empty if it is none that we know how to compare. */
  private static String normalize(String origin) {
    var lower = origin.toLowerCase(Locale.ROOT);
    var scheme = lower.startsWith("https://") ? "https" : lower.startsWith("http://") ? "http" : "";
    if (scheme.isEmpty()) {
      return "";
    }
    var authority = lower.substring(scheme.length() + 3);
    return Authority.valid(authority) ? scheme + "://" + Authority.withPort(authority, scheme) : "";
  }
}
