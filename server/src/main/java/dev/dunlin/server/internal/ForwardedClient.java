package dev.dunlin.server.internal;

import dev.dunlin.server.Proxies;
import dev.dunlin.server.Proxies.Telling;
import dev.dunlin.websocket.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** For whom a request was forwarded, by the headers that listed proxies write. Pure. */
public final class ForwardedClient {

  private ForwardedClient() {}

  /**
   * The right-most address that is not a listed proxy's, beginning with whoever is at the other end
   * of the socket. A hop that says nothing intelligible ends the search: then the proxy before it
   * stands for its client.
   */
  public static SocketAddress of(Headers headers, Proxies proxies, SocketAddress peer) {
    if (!(peer instanceof InetSocketAddress inet) || !proxies.lists(inet.getAddress())) {
      return peer;
    }
    List<String> hops;
    if (proxies.tells(Telling.X_FORWARDED_FOR)) {
      hops =
          headers.all("X-Forwarded-For").stream()
              .flatMap(line -> Stream.of(line.split(",", -1)))
              .map(String::strip)
              .toList();
    } else if (proxies.tells(Telling.FORWARDED)) {
      hops =
          listed(headers.all("Forwarded"), ',').stream()
              .map(ForwardedClient::forParameter)
              .toList();
    } else {
      return peer;
    }
    var client = inet;
    for (int i = hops.size() - 1; i >= 0 && proxies.lists(client.getAddress()); i--) {
      var hop = address(hops.get(i));
      if (hop.isEmpty()) {
        break;
      }
      client = new InetSocketAddress(hop.get(), 0);
    }
    return client;
  }

  /**
   * Splits at a separator outside quotes; a line of a repeated header stands after those before.
   * Goes from right to left, as trust does: a quotation mark that a client leaves open must not
   * swallow what a proxy has added after it.
   */
  private static List<String> listed(List<String> lines, char separator) {
    var items = new ArrayList<String>();
    for (var line : lines) {
      int before = items.size();
      int end = line.length();
      boolean quoted = false;
      for (int i = end - 1; i >= 0; i--) {
        char c = line.charAt(i);
        if (c == '"') {
          quoted = !quoted;
        } else if (c == separator && !quoted) {
          items.add(line.substring(i + 1, end).strip());
          end = i;
        }
      }
      items.add(line.substring(0, end).strip());
      Collections.reverse(items.subList(before, items.size()));
    }
    return items;
  }

  /** RFC 7239, 4: {@code for=192.0.2.60;proto=http}, a node that is not a token is quoted. */
  private static String forParameter(String element) {
    for (var pair : listed(List.of(element), ';')) {
      if (pair.toLowerCase(Locale.ROOT).startsWith("for=")) {
        var node = pair.substring(4);
        return node.length() > 1 && node.startsWith("\"") && node.endsWith("\"")
            ? node.substring(1, node.length() - 1)
            : node;
      }
    }
    return "";
  }

  /** An address with or without a port; IPv6 with a port is in brackets. */
  private static Optional<InetAddress> address(String node) {
    if (node.startsWith("[")) {
      int end = node.indexOf(']');
      return end < 0 ? Optional.empty() : AddressBlock.literal(node.substring(1, end));
    }
    int colon = node.indexOf(':');
    boolean port = colon >= 0 && colon == node.lastIndexOf(':');
    return AddressBlock.literal(port ? node.substring(0, colon) : node);
  }
}
