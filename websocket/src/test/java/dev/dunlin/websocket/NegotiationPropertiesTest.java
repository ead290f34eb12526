package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * 100,000 generated headers against a model written differently: it judges what the generator
 * meant, not what the parser read.
 */
final class NegotiationPropertiesTest {

  private static final List<String> NAMES =
      List.of(
          "permessage-deflate",
          "permessage-deflate",
          "permessage-deflate",
          "x-webkit-deflate-frame",
          "permessage-bzip2",
          "foo");
  private static final List<String> PARAMETERS =
      List.of(
          "server_no_context_takeover",
          "client_no_context_takeover",
          "server_max_window_bits",
          "client_max_window_bits",
          "client_max_window_bits",
          "unknown");
  private static final List<String> VALUES =
      List.of("7", "8", "9", "10", "12", "15", "16", "010", "0", "x", "1", "true");

  private record Meant(String name, List<Map.Entry<String, String>> parameters) {}

  @Test
  void answersAreThoseOfTheModel() {
    var random = new Random(42);
    int agreed = 0;
    for (int i = 0; i < 100_000; i++) {
      var meant = new ArrayList<Meant>();
      var lines = write(random, meant);
      var ours =
          (random.nextBoolean() ? Compression.shared() : Compression.takeover())
              .windowBits(8 + random.nextInt(8), 8 + random.nextInt(8));
      var parsed = ExtensionOffers.parse(lines);
      assertThat(parsed).as("%s", lines).isNotNull();
      var answer = DeflateNegotiation.answer(parsed, ours);
      var expected = model(meant, ours);
      assertThat(answer == null ? "" : answer.headerValue())
          .as("%s with %s", lines, ours)
          .isEqualTo(expected);
      if (answer != null) {
        agreed++;
        var own = ExtensionOffers.parse(List.of(answer.headerValue()));
        assertThat(own).isNotNull();
        assertThat(own.offers()).hasSize(1);
      }
    }
    assertThat(agreed).isBetween(20_000, 90_000);
  }

  @Test
  void brokenHeadersNeverThrow() {
    var random = new Random(43);
    for (int i = 0; i < 20_000; i++) {
      var line = new StringBuilder(write(random, new ArrayList<>()).get(0));
      for (int edits = random.nextInt(4); edits >= 0; edits--) {
        line.insert(
            random.nextInt(line.length() + 1),
            "\";=,\\ \t()/\u00ff\u0000".charAt(random.nextInt(12)));
      }
      var parsed = ExtensionOffers.parse(List.of(line.toString()));
      if (parsed != null) {
        DeflateNegotiation.answer(parsed, Compression.takeover());
        for (var offer : parsed.offers()) {
          DeflateNegotiation.accept(offer, Compression.takeover());
        }
      }
    }
  }

  private static List<String> write(Random random, List<Meant> meant) {
    var lines = new ArrayList<String>();
    var line = new StringBuilder();
    for (int offers = random.nextInt(4); offers >= 0; offers--) {
      var parameters = new ArrayList<Map.Entry<String, String>>();
      var name = NAMES.get(random.nextInt(NAMES.size()));
      line.append(space(random)).append(name);
      for (int count = random.nextInt(4); count > 0; count--) {
        var parameter = PARAMETERS.get(random.nextInt(PARAMETERS.size()));
        var value =
            random.nextInt(parameter.endsWith("takeover") ? 8 : 2) == 0
                ? VALUES.get(random.nextInt(VALUES.size()))
                : "";
        line.append(space(random)).append(';').append(space(random)).append(parameter);
        if (!value.isEmpty()) {
          line.append(space(random)).append('=').append(space(random)).append(quote(random, value));
        }
        parameters.add(Map.entry(parameter, value));
      }
      line.append(space(random));
      meant.add(new Meant(name, parameters));
      if (random.nextInt(3) == 0) {
        lines.add(line.toString());
        line.setLength(0);
      } else {
        line.append(random.nextInt(8) == 0 ? ", ," : ",");
      }
    }
    lines.add(line.toString());
    return lines;
  }

  private static String space(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> " ";
      case 1 -> "\t ";
      default -> "";
    };
  }

  private static String quote(Random random, String value) {
    return switch (random.nextInt(4)) {
      case 0 -> '"' + value + '"';
      case 1 -> "\"\\" + value + '"';
      default -> value;
    };
  }

  private static String model(List<Meant> offers, Compression ours) {
    for (var offer : offers) {
      if (!offer.name().equals("permessage-deflate") || !legal(offer.parameters())) {
        continue;
      }
      var asked = Map.ofEntries(offer.parameters().toArray(Map.Entry[]::new));
      boolean shared = ours.mode() == Compression.Mode.SHARED;
      var answer = new StringBuilder("permessage-deflate");
      if (shared || asked.containsKey("server_no_context_takeover")) {
        answer.append("; server_no_context_takeover");
      }
      if (shared || asked.containsKey("client_no_context_takeover")) {
        answer.append("; client_no_context_takeover");
      }
      int server = ours.serverMaxWindowBits();
      if (asked.containsKey("server_max_window_bits")) {
        server = Math.min(server, Integer.parseInt((String) asked.get("server_max_window_bits")));
        answer.append("; server_max_window_bits=").append(server);
      } else if (server != 15) {
        answer.append("; server_max_window_bits=").append(server);
      }
      if (asked.containsKey("client_max_window_bits")) {
        var hint = (String) asked.get("client_max_window_bits");
        int client = ours.clientMaxWindowBits();
        client = hint.isEmpty() ? client : Math.min(client, Integer.parseInt(hint));
        if (client != 15) {
          answer.append("; client_max_window_bits=").append(client);
        }
      }
      return answer.toString();
    }
    return "";
  }

  private static boolean legal(List<Map.Entry<String, String>> parameters) {
    var bits = List.of("8", "9", "10", "11", "12", "13", "14", "15");
    var names = new HashSet<String>();
    for (var parameter : parameters) {
      var value = parameter.getValue();
      boolean good =
          switch (parameter.getKey()) {
            case "server_no_context_takeover", "client_no_context_takeover" -> value.isEmpty();
            case "server_max_window_bits" -> bits.contains(value);
            case "client_max_window_bits" -> value.isEmpty() || bits.contains(value);
            default -> false;
          };
      if (!good || !names.add(parameter.getKey())) {
        return false;
      }
    }
    return true;
  }
}
