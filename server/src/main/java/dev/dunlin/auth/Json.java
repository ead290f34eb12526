package dev.dunlin.auth;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value (RFC 8259) read by a parser that leaves no room for two readings: a name that occurs
 * twice in an object, a lone surrogate, invalid UTF-8, a byte order mark, or anything after the
 * value is refused. Numbers keep their spelling, so nothing is lost to rounding.
 */
sealed interface Json {

  /** An object, in the order of the text. */
  record Obj(Map<String, Json> members) implements Json {
    @Nullable Json get(String name) {
      return members.get(name);
    }

    boolean has(String name) {
      return members.containsKey(name);
    }

    /** The text under this name, or null if it is absent or not a text. */
    @Nullable String text(String name) {
      return members.get(name) instanceof Str(String value) ? value : null;
    }
  }

  /** An array. */
  record Arr(List<Json> values) implements Json {}

  /** A string. */
  record Str(String value) implements Json {}

  /** A number as it was spelled. */
  record Num(String literal) implements Json {}

  /** True or false. */
  record Bool(boolean value) implements Json {}

  /** The null literal. */
  record Null() implements Json {}

  /** What is not JSON, or not unambiguously so; the message never quotes the text. */
  final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  /** The text of these bytes, if they are valid UTF-8. */
  static String utf8(byte[] bytes) throws Malformed {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new Malformed("not UTF-8");
    }
  }

  /**
   * The object this text spells, with at most {@code maxDepth} objects and arrays in each other.
   */
  static Obj object(String text, int maxDepth) throws Malformed {
    var parser = new Parser(text, maxDepth);
    if (parser.document() instanceof Obj object) {
      return object;
    }
    throw new Malformed("not a JSON object");
  }

  /** Reads one text, once. */
  final class Parser {
    private final String text;
    private int depthLeft;
    private int at;

    Parser(String text, int maxDepth) {
      this.text = text;
      this.depthLeft = maxDepth;
    }

    Json document() throws Malformed {
      skipSpace();
      var value = value();
      skipSpace();
      if (at != text.length()) {
        throw new Malformed("text after the JSON value");
      }
      return value;
    }

    private Json value() throws Malformed {
      return switch (peek()) {
        case '{' -> objectValue();
        case '[' -> array();
        case '"' -> new Str(string());
        case 't' -> literal("true", new Bool(true));
        case 'f' -> literal("false", new Bool(false));
        case 'n' -> literal("null", new Null());
        default -> number();
      };
    }

    private Json objectValue() throws Malformed {
      enter();
      var members = new LinkedHashMap<String, Json>(4); // most have three or fewer
      if (!closes('}')) {
        do {
          skipSpace();
          if (peek() != '"') {
            throw new Malformed("a JSON name must be a string");
          }
          var name = string();
          skipSpace();
          expect(':');
          skipSpace();
          if (members.put(name, value()) != null) {
            throw new Malformed("a JSON name occurs twice");
          }
        } while (continues('}'));
      }
      depthLeft++;
      return new Obj(members);
    }

    private Json array() throws Malformed {
      enter();
      var values = new ArrayList<Json>();
      if (!closes(']')) {
        do {
          skipSpace();
          values.add(value());
        } while (continues(']'));
      }
      depthLeft++;
      return new Arr(values);
    }

    private void enter() throws Malformed {
      if (depthLeft-- == 0) {
        throw new Malformed("JSON nested too deeply");
      }
      at++;
    }

    private boolean closes(char end) throws Malformed {
      skipSpace();
      if (peek() == end) {
        at++;
        return true;
      }
      return false;
    }

    private boolean continues(char end) throws Malformed {
      skipSpace();
      char c = peek();
      at++;
      if (c != ',' && c != end) {
        throw new Malformed("a JSON comma or end is missing");
      }
      return c == ',';
    }

    private String string() throws Malformed {
      int start = ++at;
      for (; at < text.length(); at++) {
        char c = text.charAt(at);
        if (c == '"') {
          return wellFormed(text.substring(start, at++));
        }
        if (c == '\\') {
          return wellFormed(escaped(start));
        }
        if (c < ' ') {
          break;
        }
      }
      throw new Malformed("a JSON string is not closed");
    }

    private String escaped(int start) throws Malformed {
      var value = new StringBuilder(text.substring(start, at));
      while (at < text.length()) {
        char c = text.charAt(at++);
        if (c == '"') {
          return value.toString();
        }
        if (c < ' ') {
          break;
        }
        value.append(c == '\\' ? escape() : c);
      }
      throw new Malformed("a JSON string is not closed");
    }

    private char escape() throws Malformed {
      char c = peek();
      at++;
      return switch (c) {
        case '"', '\\', '/' -> c;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        case 'u' -> hex();
        default -> throw new Malformed("an unknown JSON escape");
      };
    }

    private char hex() throws Malformed {
      int value = 0;
      for (int i = 0; i < 4; i++) {
        char c = peek();
        int digit = c < 128 ? Character.digit(c, 16) : -1;
        if (digit < 0) {
          throw new Malformed("a JSON escape is not hexadecimal");
        }
        value = value << 4 | digit;
        at++;
      }
      return (char) value;
    }

    private static String wellFormed(String value) throws Malformed {
      int at = 0;
      while (at < value.length()) {
        int character = value.codePointAt(at);
        if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
          throw new Malformed("a lone surrogate");
        }
        at += Character.charCount(character);
      }
      return value;
    }

    private Json number() throws Malformed {
      int start = at;
      if (at < text.length() && text.charAt(at) == '-') {
        at++;
      }
      int integer = at;
      int digits = digits();
      if (digits == 0 || (digits > 1 && text.charAt(integer) == '0')) {
        throw new Malformed("not a JSON value");
      }
      if (at < text.length() && text.charAt(at) == '.') {
        at++;
        someDigits();
      }
      if (at < text.length() && (text.charAt(at) | 0x20) == 'e') {
        at++;
        if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
          at++;
        }
        someDigits();
      }
      return new Num(text.substring(start, at));
    }

    private void someDigits() throws Malformed {
      if (digits() == 0) {
        throw new Malformed("a JSON number without digits");
      }
    }

    private int digits() {
      int start = at;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        at++;
      }
      return at - start;
    }

    private Json literal(String word, Json value) throws Malformed {
      if (!text.startsWith(word, at)) {
        throw new Malformed("not a JSON value");
      }
      at += word.length();
      return value;
    }

    private void expect(char c) throws Malformed {
      if (peek() != c) {
        throw new Malformed("a JSON colon is missing");
      }
      at++;
    }

    private char peek() throws Malformed {
      if (at == text.length()) {
        throw new Malformed("JSON ends too early");
      }
      return text.charAt(at);
    }

    private void skipSpace() {
      while (at < text.length()) {
        char c = text.charAt(at);
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
          return;
        }
        at++;
      }
    }
  }
}
