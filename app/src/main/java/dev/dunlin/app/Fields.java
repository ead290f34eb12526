package dev.dunlin.app;

import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/**
 * One JSON object from outside, its members as the bytes they came in: payloads are passed on as
 * they stand. Absent members and null have the value that the type calls nothing.
 */
final class Fields {

  /** The text is not JSON, or a member is not of its type; the message names the place. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  private static final Consumer<String> UNNOTICED = path -> {};

  private final String path;
  private final Map<String, byte[]> members;
  private final Consumer<String> asked;

  private Fields(String path, Map<String, byte[]> members, Consumer<String> asked) {
    this.path = path;
    this.members = members;
    this.asked = asked;
  }

  /** An object without members. */
  static Fields none() {
    return new Fields("", Map.of(), UNNOTICED);
  }

  /** The object that the text consists of. */
  static Fields of(byte[] text) throws Malformed {
    return of(text, UNNOTICED);
  }

  /**
   * The object that the text consists of.
   *
   * @param asked told the path of every member that somebody looks for, there or not
   */
  static Fields of(byte[] text, Consumer<String> asked) throws Malformed {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      throw new Malformed("the body is not UTF-8");
    }
    return of(text, "", asked);
  }

  private static Fields of(byte[] text, String path, Consumer<String> asked) throws Malformed {
    var members = new LinkedHashMap<String, byte[]>();
    try (var parser = Json.parser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Malformed(
            path.isEmpty() ? "the body is not a JSON object" : path + " is not an object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        parser.nextToken();
        var value = value(parser, text);
        if (value.length != 4 || value[0] != 'n') { // null is as good as absent
          members.put(name, value);
        }
      }
      if (parser.nextToken() != null) {
        throw new Malformed("something follows the object" + at(parser.currentTokenLocation()));
      }
    } catch (JacksonException malformed) {
      var why = String.valueOf(malformed.getOriginalMessage());
      var location = malformed.getLocation();
      throw new Malformed(
          why.lines().findFirst().orElse("malformed").replaceAll(" \\(start marker.*", "")
              + (location == null ? "" : at(location)));
    }
    return new Fields(path, members, asked);
  }

  private static byte[] value(JsonParser parser, byte[] text) {
    int start = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    parser.finishToken();
    int end = (int) parser.currentLocation().getByteOffset();
    while (end > start && text[end - 1] <= ' ') { // a number ends where the next byte was looked at
      end--;
    }
    return Arrays.copyOfRange(text, start, end);
  }

  private static String at(TokenStreamLocation location) {
    return " at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  private String name(String member) {
    return path.isEmpty() ? member : path + "." + member;
  }

  private byte @Nullable [] member(String member) {
    asked.accept(name(member));
    return members.get(member);
  }

  boolean has(String member) {
    return member(member) != null;
  }

  Set<String> names() {
    return members.keySet();
  }

  /** The member as it stands; no bytes if absent. */
  byte[] raw(String member) {
    var raw = member(member);
    return raw == null ? new byte[0] : raw.clone();
  }

  /**
   * The payload called {@code data} or {@code info}: as it stands, or decoded from the member
   * {@code b64data}, {@code b64info}; no bytes if there is neither.
   */
  byte[] payload(String member) throws Malformed {
    if (!has("b64" + member)) {
      return raw(member);
    }
    try {
      return Base64.getDecoder().decode(text("b64" + member));
    } catch (IllegalArgumentException e) {
      throw new Malformed(name("b64" + member) + " is not base64");
    }
  }

  String text(String member) throws Malformed {
    var raw = member(member);
    if (raw == null) {
      return "";
    }
    try (var parser = Json.parser(raw)) {
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw new Malformed(name(member) + " is not a string");
      }
      return parser.getString();
    }
  }

  boolean flag(String member) throws Malformed {
    var raw = new String(raw(member), StandardCharsets.UTF_8);
    return switch (raw) {
      case "true" -> true;
      case "false", "" -> false;
      default -> throw new Malformed(name(member) + " is not a boolean");
    };
  }

  long number(String member) throws Malformed {
    var raw = new String(raw(member), StandardCharsets.UTF_8);
    if (raw.isEmpty()) {
      return 0;
    }
    try {
      return Long.parseLong(raw);
    } catch (NumberFormatException e) {
      throw new Malformed(name(member) + " is not a whole number");
    }
  }

  /** A time in seconds since 1970; empty for 0 or absent. */
  Optional<Instant> instant(String member) throws Malformed {
    long seconds = number(member);
    if (seconds < 0 || seconds > Instant.MAX.getEpochSecond()) {
      throw new Malformed(name(member) + " is not a time in seconds");
    }
    return seconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
  }

  Optional<Fields> object(String member) throws Malformed {
    var raw = member(member);
    return raw == null ? Optional.empty() : Optional.of(of(raw, name(member), asked));
  }

  /** A position in a stream. */
  Optional<StreamPosition> position(String member) throws Malformed {
    var position = object(member);
    if (position.isEmpty()) {
      return Optional.empty();
    }
    long offset = position.get().number("offset");
    if (offset < 0) {
      throw new Malformed(name(member) + ".offset is negative");
    }
    return Optional.of(new StreamPosition(offset, position.get().text("epoch")));
  }

  /** The elements of an array as they stand. */
  private List<byte[]> elements(String member) throws Malformed {
    var elements = new ArrayList<byte[]>();
    var raw = member(member);
    if (raw == null) {
      return elements;
    }
    try (var parser = Json.parser(raw)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new Malformed(name(member) + " is not an array");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        elements.add(value(parser, raw));
      }
    }
    return elements;
  }

  List<Fields> objects(String member) throws Malformed {
    var objects = new ArrayList<Fields>();
    for (var element : elements(member)) {
      objects.add(of(element, name(member) + "[" + objects.size() + "]", asked));
    }
    return objects;
  }

  List<String> texts(String member) throws Malformed {
    var texts = new ArrayList<String>();
    for (var element : elements(member)) {
      texts.add(new Fields(path, Map.of(member, element), UNNOTICED).text(member));
    }
    return texts;
  }

  /** The texts of an object, by name. */
  Map<String, String> textMap(String member) throws Malformed {
    var texts = new LinkedHashMap<String, String>();
    var object = object(member);
    if (object.isPresent()) {
      for (var name : object.get().names()) {
        texts.put(name, object.get().text(name));
      }
    }
    return texts;
  }
}
