package dev.dunlin.auth;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which web pages may open a connection: browsers let any page open a WebSocket to any server and
 * send the user's cookies along, and only {@code Origin} tells (RFC 6455, 10.2).
 *
 * <p>The order of the rules: more than one {@code Origin} is refused; none is accepted only where
 * no cookie came along, because then it is no browser, or it carries nothing to steal; {@code null}
 * and what is not an origin is refused; an origin on the list is accepted; and the same origin,
 * equal in scheme, host and port. A default port may be written or left out. Pure, immutable.
 *
 * <p>Behind a proxy that ends TLS the server sees {@code http}: list the {@code https} origin.
 */
public final class OriginPolicy {

  private static final Pattern ORIGIN =
      Pattern.compile(
          "([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\\[[0-9a-f:.]+])(?::([1-9][0-9]{0,4}))?",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern LISTED =
      Pattern.compile(
          "([a-z][a-z0-9+.-]*)://((?:\\*\\.)?[a-z0-9._-]+|\\[[0-9a-f:.]+])(?::([1-9][0-9]{0,4}|\\*))?",
          Pattern.CASE_INSENSITIVE);

  /** Scheme and host in lower case; the port is always written, {@code *} only on the list. */
  private record Origin(String scheme, String host, String port) {
    static @Nullable Origin parse(Pattern pattern, String text) {
      var match = pattern.matcher(text);
      if (!match.matches()) {
        return null;
      }
      var scheme = match.group(1).toLowerCase(Locale.ROOT);
      var port = match.group(3);
      if (port == null) {
        port = defaultPort(scheme);
      } else if (!port.equals("*") && Integer.parseInt(port) > 65535) {
        return null;
      }
      return new Origin(scheme, match.group(2).toLowerCase(Locale.ROOT), port);
    }

    private static String defaultPort(String scheme) {
      return switch (scheme) {
        case "https" -> "443";
        case "http" -> "80";
        default -> "";
      };
    }

    boolean covers(Origin other) {
      boolean sameHost =
          host.startsWith("*.")
              ? other.host.endsWith(host.substring(1)) && other.host.length() > host.length() - 1
              : host.equals(other.host);
      return sameHost
          && scheme.equals(other.scheme)
          && (port.equals("*") || port.equals(other.port));
    }
  }

  private final boolean any;
  private final List<Origin> listed;

  private OriginPolicy(boolean any, List<Origin> listed) {
    this.any = any;
    this.listed = listed;
  }

  /** Pages of the server's own origin only. */
  public static OriginPolicy sameOrigin() {
    return new OriginPolicy(false, List.of());
  }

  /**
   * Every page, {@code null} included: only where nothing is granted by cookie, address or network.
   */
  public static OriginPolicy anyOrigin() {
    return new OriginPolicy(true, List.of());
  }

  /**
   * Pages of this origin as well: {@code scheme://host} or {@code scheme://host:port}. A host that
   * starts with {@code *.} stands for every name below it, not for the name itself; a port of
   * {@code *} for every port.
   *
   * @throws IllegalArgumentException if it is not written like that
   */
  public OriginPolicy allow(String origin) {
    var parsed = Origin.parse(LISTED, origin);
    if (parsed == null) {
      throw new IllegalArgumentException(
          "origin \""
              + origin
              + "\" must be scheme://host or scheme://host:port, the host may start with *.");
    }
    var more = new ArrayList<>(listed);
    more.add(parsed);
    return new OriginPolicy(any, List.copyOf(more));
  }

  /**
   * Whether a page may connect.
   *
   * @param origins every {@code Origin} header of the upgrade
   * @param secure whether the connection reached us over TLS
   * @param host the {@code Host} header of the upgrade
   * @param cookies whether the upgrade has a {@code Cookie} header
   */
  public Decision check(List<String> origins, boolean secure, String host, boolean cookies) {
    if (origins.size() > 1) {
      return Decision.refuse("more than one Origin");
    }
    if (any) {
      return Decision.allow("any origin is allowed");
    }
    if (origins.isEmpty()) {
      return cookies
          ? Decision.refuse("no Origin, but cookies")
          : Decision.allow("no Origin and no cookies: not a browser's page");
    }
    var text = origins.getFirst();
    var origin = Origin.parse(ORIGIN, text);
    if (origin == null) {
      return Decision.refuse(text.equals("null") ? "Origin null" : "Origin is not an origin");
    }
    if (listed.stream().anyMatch(each -> each.covers(origin))) {
      return Decision.allow("origin is on the list");
    }
    var own = Origin.parse(ORIGIN, (secure ? "https://" : "http://") + host);
    return origin.equals(own)
        ? Decision.allow("same origin")
        : Decision.refuse("origin is neither the same nor on the list");
  }
}
