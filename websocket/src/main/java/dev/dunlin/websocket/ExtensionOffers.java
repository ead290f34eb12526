package dev.dunlin.websocket;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Sec-WebSocket-Extensions} of a head, parsed by hand in one pass (RFC 6455, 9.1):
 * offers in a request, agreements in an answer.
 */
record ExtensionOffers(List<Offer> offers) {

  /** One extension with its parameters, in their order, repetitions kept. */
  record Offer(String name, List<Parameter> parameters) {}

  /** A parameter; a value is a token, quoted or not. */
  record Parameter(String name, @Nullable String value) {}

  /** The offers of all header lines in their order, or null if one line breaks the grammar. */
  static @Nullable ExtensionOffers parse(List<String> lines) {
    var parser = new Parser();
    for (var line : lines) {
      if (!parser.line(line)) {
        return null;
      }
    }
    return new ExtensionOffers(List.copyOf(parser.offers));
  }

  /** The parser, apart from its result so that a test can count its steps. */
  static final class Parser {

    private final List<Offer> offers = new ArrayList<>();
    private String text = "";
    private int at;
    private long steps;

    /** Takes a header line; false if it breaks the grammar. Empty list elements are skipped. */
    boolean line(String value) {
      text = value;
      at = 0;
      while (true) {
        skipSpace();
        if (at == text.length()) {
          return true;
        }
        if (!skip(',') && !(offer() && (at == text.length() || skip(',')))) {
          return false;
        }
      }
    }

    private boolean offer() {
      var name = token();
      if (name.isEmpty()) {
        return false;
      }
      var parameters = new ArrayList<Parameter>();
      skipSpace();
      while (skip(';')) {
        skipSpace();
        var parameter = parameter();
        if (parameter == null) {
          return false;
        }
        parameters.add(parameter);
        skipSpace();
      }
      offers.add(new Offer(name, List.copyOf(parameters)));
      return true;
    }

    private @Nullable Parameter parameter() {
      var name = token();
      if (name.isEmpty()) {
        return null;
      }
      skipSpace();
      if (!skip('=')) {
        return new Parameter(name, null);
      }
      skipSpace();
      var value = skip('"') ? quoted() : token();
      return value.isEmpty() ? null : new Parameter(name, value);
    }

    private String token() {
      int start = at;
      while (at < text.length() && Syntax.isTokenChar(text.charAt(at))) {
        next();
      }
      return text.substring(start, at);
    }

    /** What the quotes hold, unescaped, which must be a token (RFC 6455, 9.1); else empty. */
    private String quoted() {
      var value = new StringBuilder();
      while (at < text.length() && text.charAt(at) != '"') {
        if (text.charAt(at) == '\\') {
          next();
        }
        if (at == text.length() || !Syntax.isTokenChar(text.charAt(at))) {
          return "";
        }
        value.append(text.charAt(at));
        next();
      }
      return skip('"') ? value.toString() : "";
    }

    private void skipSpace() {
      while (at < text.length() && Syntax.isSpace(text.charAt(at))) {
        next();
      }
    }

    private boolean skip(char wanted) {
      if (at < text.length() && text.charAt(at) == wanted) {
        next();
        return true;
      }
      return false;
    }

    private void next() {
      at++;
      steps++;
    }

    long steps() {
      return steps;
    }
  }
}
