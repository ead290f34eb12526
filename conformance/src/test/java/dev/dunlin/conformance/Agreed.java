package dev.dunlin.conformance;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a handshake agreed about compression (RFC 7692, 7.1), read from the server's answer.
 *
 * @param deflate whether permessage-deflate was agreed at all
 */
record Agreed(
    boolean deflate,
    boolean serverTakeover,
    boolean clientTakeover,
    int serverWindowBits,
    int clientWindowBits) {

  static final Agreed NOTHING = new Agreed(false, true, true, 15, 15);

  private static final Set<String> KNOWN =
      Set.of(
          "server_no_context_takeover",
          "client_no_context_takeover",
          "server_max_window_bits",
          "client_max_window_bits");

  /**
   * Reads the answer's {@code Sec-WebSocket-Extensions}.
   *
   * @throws IllegalStateException if a server may not say this
   */
  static Agreed of(Optional<String> answer) {
    if (answer.isEmpty()) {
      return NOTHING;
    }
    Map<String, String> parameters = new HashMap<>();
    var parts = answer.get().split(";", -1);
    if (!parts[0].trim().equals("permessage-deflate")) {
      throw new IllegalStateException("answered " + answer.get());
    }
    var seen = new HashSet<String>();
    for (int i = 1; i < parts.length; i++) {
      var pair = parts[i].trim().split("=", 2);
      var name = pair[0].trim().toLowerCase(Locale.ROOT);
      if (!KNOWN.contains(name) || !seen.add(name)) {
        throw new IllegalStateException("answered " + answer.get());
      }
      parameters.put(name, pair.length == 1 ? "" : pair[1].trim());
    }
    return new Agreed(
        true,
        !parameters.containsKey("server_no_context_takeover"),
        !parameters.containsKey("client_no_context_takeover"),
        bits(parameters, "server_max_window_bits"),
        bits(parameters, "client_max_window_bits"));
  }

  private static int bits(Map<String, String> parameters, String name) {
    var value = parameters.get(name);
    if (value == null) {
      return 15;
    }
    if (!value.matches("8|9|1[0-5]")) {
      throw new IllegalStateException("answered " + name + "=" + value);
    }
    return Integer.parseInt(value);
  }

  FrameReader reader() {
    return deflate
        ? new FrameReader(new WindowInflater(serverWindowBits, serverTakeover))
        : new FrameReader();
  }
}
