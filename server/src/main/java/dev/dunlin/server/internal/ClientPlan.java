package dev.dunlin.server.internal;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Headers;
import java.net.URI;
import java.util.List;

/** All that a transport needs to know to open one connection. */
public record ClientPlan(
    URI uri, Headers headers, List<String> subprotocols, Compression compression, Terms terms) {

  public ClientPlan {
    var scheme = uri.getScheme();
    if (uri.getHost() == null || scheme == null || !scheme.matches("(?i)wss?")) {
      throw new IllegalArgumentException("a WebSocket address is ws or wss and has a host");
    }
    if (uri.getRawFragment() != null) { // RFC 6455, 3
      throw new IllegalArgumentException("a WebSocket address has no fragment");
    }
    if (uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "a WebSocket address names no user; set the header Authorization");
    }
    if (uri.getPort() > 65_535) {
      throw new IllegalArgumentException("there is no port " + uri.getPort());
    }
  }

  /** Whether it is {@code wss}. */
  public boolean secure() {
    return uri.getScheme().equalsIgnoreCase("wss");
  }

  /** The port, named or not. */
  public int port() {
    return uri.getPort() >= 0 ? uri.getPort() : secure() ? 443 : 80;
  }

  /** The {@code Host} header. */
  public String authority() {
    return uri.getPort() >= 0 ? uri.getHost() + ":" + uri.getPort() : uri.getHost();
  }

  /** Path and query, encoded. */
  public String target() {
    var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }

  /** No query and no header: they may be secrets. */
  @Override
  public String toString() {
    return "ClientPlan[" + uri.getScheme() + "://" + authority() + "]";
  }
}
