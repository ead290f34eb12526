package dev.dunlin.app;

import static java.util.Map.entry;

import java.util.LinkedHashMap;
import java.util.Map;

/** Defaults for a kind of place, between the built-in defaults and what is set. */
enum Preset {
  /** The built-in defaults. */
  NONE(Map.of()),
  /** Clients that nobody knows: fewer connections and channels each, and operations apart. */
  PUBLIC_INTERNET(
      Map.ofEntries(
          entry("http_server.connection_limit_per_address", "100"),
          entry("http_server.connection_rate_limit_per_address", "20"),
          entry("http_server.internal_port", "9000"),
          entry("http_server.max_request_body_size", "256KiB"),
          entry("client.channel_limit", "64"),
          entry("client.queue_max_size", "512KiB"),
          entry("client.user_connection_limit", "20"),
          entry("client.user_connect_rate_limit", "5"),
          entry("client.user_limits.command_rate_limit", "200"),
          entry("client.user_limits.message_rate_limit", "200"),
          entry("client.user_limits.byte_rate_limit", "4MiB"),
          entry("client.user_limits.channel_limit", "1000"),
          entry("client.command_rate_limit", "50"),
          entry("client.message_rate_limit", "200"),
          entry("client.byte_rate_limit", "1MiB"),
          entry("http_api.max_key_failures", "5"))),
  /** Clients of one's own in a network of one's own: larger messages, no limit per address. */
  TRUSTED_LAN(
      Map.of(
          "http_server.connection_limit_per_address", "0",
          "http_server.connection_rate_limit_per_address", "0",
          "websocket.message_size_limit", "1MiB",
          "client.channel_limit", "1000",
          "client.queue_max_size", "4MiB"));

  @SuppressWarnings("ImmutableEnumChecker") // made by Map.of, and copied on the way out
  private final Map<String, String> defaults;

  Preset(Map<String, String> defaults) {
    this.defaults = defaults;
  }

  /** The options that it sets, by path. */
  Map<String, String> defaults() {
    return new LinkedHashMap<>(defaults);
  }
}
