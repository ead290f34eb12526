package dev.dunlin.websocket;

import dev.dunlin.websocket.ExtensionOffers.Offer;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The negotiation of permessage-deflate (RFC 7692, 5 and 7.1) as pure functions, for both roles.
 */
final class DeflateNegotiation {

  /** What was agreed, and the entry of the answer that says so. */
  record Agreed(DeflateParameters parameters, String headerValue) {}

  /**
   * The parameters of one offer or answer. A window may be given, named without a value (0, only
   * {@code client_max_window_bits} in an offer), or absent (empty).
   */
  private record Terms(
      boolean serverNoContextTakeover,
      boolean clientNoContextTakeover,
      OptionalInt serverMaxWindowBits,
      OptionalInt clientMaxWindowBits) {}

  private DeflateNegotiation() {}

  /**
   * The server's answer: the first offer that can be honoured, or null. An offer with an unknown,
   * repeated or invalid parameter is declined, never an error (RFC 7692, 7).
   */
  static @Nullable Agreed answer(ExtensionOffers offers, Compression ours) {
    if (ours.mode() == Compression.Mode.OFF) {
      return null;
    }
    for (var offer : offers.offers()) {
      if (offer.name().equals(DeflateParameters.NAME)) {
        var terms = terms(offer, true);
        if (terms != null) {
          return answer(terms, ours);
        }
      }
    }
    return null;
  }

  private static Agreed answer(Terms offer, Compression ours) {
    boolean shared = ours.mode() == Compression.Mode.SHARED;
    int serverBits = Math.min(offer.serverMaxWindowBits().orElse(15), ours.serverMaxWindowBits());
    int clientBits = 15; // 7.1.2.2: not to be named unless offered
    if (offer.clientMaxWindowBits().isPresent()) {
      int hint = offer.clientMaxWindowBits().getAsInt();
      clientBits = Math.min(hint == 0 ? 15 : hint, ours.clientMaxWindowBits());
    }
    var parameters =
        new DeflateParameters(
            shared || offer.serverNoContextTakeover(),
            shared || offer.clientNoContextTakeover(),
            serverBits,
            clientBits);
    // 7.1.2.1: an offer that names the window is accepted by naming it, be it 15
    boolean nameServerWindow = offer.serverMaxWindowBits().isPresent() || serverBits < 15;
    return new Agreed(parameters, parameters.headerValue(nameServerWindow));
  }

  /** The client's offer; empty if nothing is to be offered. */
  static String offer(Compression ours) {
    return switch (ours.mode()) {
      case OFF -> "";
      case SHARED ->
          DeflateParameters.NAME
              + "; "
              + DeflateParameters.SERVER_NO_CONTEXT_TAKEOVER
              + "; "
              + DeflateParameters.CLIENT_NO_CONTEXT_TAKEOVER
              + windows(ours);
      case TAKEOVER -> DeflateParameters.NAME + windows(ours);
    };
  }

  private static String windows(Compression ours) {
    var server =
        ours.serverMaxWindowBits() < 15
            ? "; " + DeflateParameters.SERVER_MAX_WINDOW_BITS + "=" + ours.serverMaxWindowBits()
            : "";
    var client =
        ours.clientMaxWindowBits() < 15
            ? DeflateParameters.CLIENT_MAX_WINDOW_BITS + "=" + ours.clientMaxWindowBits()
            : DeflateParameters.CLIENT_MAX_WINDOW_BITS;
    return server + "; " + client;
  }

  /** What a server's answer to {@link #offer} means, or null if it is no legal answer to it. */
  static @Nullable DeflateParameters accept(Offer answer, Compression ours) {
    if (ours.mode() == Compression.Mode.OFF || !answer.name().equals(DeflateParameters.NAME)) {
      return null;
    }
    var terms = terms(answer, false);
    if (terms == null) {
      return null;
    }
    boolean shared = ours.mode() == Compression.Mode.SHARED;
    int serverBits = terms.serverMaxWindowBits().orElse(15);
    int clientBits = terms.clientMaxWindowBits().orElse(15);
    if ((shared && !terms.serverNoContextTakeover())
        || serverBits > ours.serverMaxWindowBits()
        || (terms.clientMaxWindowBits().isPresent() && clientBits > ours.clientMaxWindowBits())) {
      return null; // less than we asked for
    }
    return new DeflateParameters(
        terms.serverNoContextTakeover(),
        terms.clientNoContextTakeover() || shared, // said in the offer, kept whatever the answer
        serverBits,
        Math.min(clientBits, ours.clientMaxWindowBits()));
  }

  private static @Nullable Terms terms(Offer offer, boolean request) {
    boolean serverNoContextTakeover = false;
    boolean clientNoContextTakeover = false;
    var serverMaxWindowBits = OptionalInt.empty();
    var clientMaxWindowBits = OptionalInt.empty();
    Set<String> seen = new HashSet<>();
    for (var parameter : offer.parameters()) {
      if (!seen.add(parameter.name())) {
        return null;
      }
      var value = parameter.value();
      switch (parameter.name()) {
        case DeflateParameters.SERVER_NO_CONTEXT_TAKEOVER -> {
          serverNoContextTakeover = true;
          if (value != null) {
            return null;
          }
        }
        case DeflateParameters.CLIENT_NO_CONTEXT_TAKEOVER -> {
          clientNoContextTakeover = true;
          if (value != null) {
            return null;
          }
        }
        case DeflateParameters.SERVER_MAX_WINDOW_BITS -> {
          serverMaxWindowBits = windowBits(value);
          if (serverMaxWindowBits.isEmpty()) {
            return null;
          }
        }
        case DeflateParameters.CLIENT_MAX_WINDOW_BITS -> {
          clientMaxWindowBits = request && value == null ? OptionalInt.of(0) : windowBits(value);
          if (clientMaxWindowBits.isEmpty()) {
            return null;
          }
        }
        default -> {
          return null;
        }
      }
    }
    return new Terms(
        serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits);
  }

  /** 8 to 15 in decimal without a leading zero (RFC 7692, 7.1.2), or empty. */
  private static OptionalInt windowBits(@Nullable String value) {
    if (value == null || value.startsWith("0")) {
      return OptionalInt.empty();
    }
    long bits = Syntax.digits(value, 2);
    return bits >= 8 && bits <= 15 ? OptionalInt.of((int) bits) : OptionalInt.empty();
  }
}
