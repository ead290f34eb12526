package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads one JSON object field by field. Payloads are cut out of the input as they stand. Confined
 * to one thread.
 */
final class JsonReader implements AutoCloseable {

  /** Envelope, map of subscriptions and a tags filter; payloads have a limit of their own. */
  private static final int MAX_DEPTH = 2 * TagsFilter.MAX_DECODED_DEPTH + 8;

  private static final int MAX_NUMBER_DIGITS = 20;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH + JsonText.MAX_DEPTH)
                  // The message's own size is the limit; numbers are measured before they are read.
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final byte[] text;
  private final int to;
  private final JsonParser parser;
  private final long shift; // from the parser's offsets to indexes of the text

  /** Starts at the object that is all of the text between the two indexes, white space aside. */
  JsonReader(byte[] text, int from, int to) throws BadCommandException {
    int start = JsonText.skipSpace(text, from, to);
    // The second condition keeps the parser from guessing UTF-16.
    if (start == to || text[start] != '{' || (start + 1 < to && text[start + 1] == 0)) {
      throw new BadCommandException("not a JSON object");
    }
    this.text = text;
    this.to = to;
    parser = FACTORY.createParser(ObjectReadContext.empty(), text, start, to - start);
    parser.nextToken();
    shift = start - parser.currentTokenLocation().getByteOffset();
  }

  /** The next field's name with the parser at its value; null at the end of the object. */
  @Nullable String next() {
    if (parser.nextToken() != JsonToken.PROPERTY_NAME) {
      return null; // the parser lets nothing but a name or the end come here
    }
    String name = parser.currentName();
    parser.nextToken();
    return name;
  }

  /** Enters the object that is the field's value; false for null, which is as good as absent. */
  boolean enterObject() throws BadCommandException {
    return enter(JsonToken.START_OBJECT, "an object");
  }

  /** Enters an array; its elements follow through {@link #nextElement}. */
  boolean enterArray() throws BadCommandException {
    return enter(JsonToken.START_ARRAY, "an array");
  }

  private boolean enter(JsonToken wanted, String what) throws BadCommandException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return false;
    }
    if (token != wanted) {
      throw new BadCommandException("a field is not " + what);
    }
    return true;
  }

  /** Whether the array has another element, with the parser at it. */
  boolean nextElement() {
    return parser.nextToken() != JsonToken.END_ARRAY;
  }

  /** Leaves the field out: the protocol grows, and unknown fields are ignored. */
  void skip() {
    parser.skipChildren();
  }

  String string() throws BadCommandException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return "";
    }
    if (token != JsonToken.VALUE_STRING) {
      throw new BadCommandException("a field is not a string");
    }
    return whole(parser.getString());
  }

  /** JSON can spell half a character, which no UTF-8 can: whoever wrote it on would fail. */
  private static String whole(String text) throws BadCommandException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(++i))) {
          throw new BadCommandException("a string holds half a character");
        }
      }
    }
    return text;
  }

  boolean bool() throws BadCommandException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_TRUE) {
      return true;
    }
    if (token != JsonToken.VALUE_FALSE && token != JsonToken.VALUE_NULL) {
      throw new BadCommandException("a field is not a boolean");
    }
    return false;
  }

  /** A whole number between the two bounds. */
  long number(long least, long most) throws BadCommandException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return 0;
    }
    if (token != JsonToken.VALUE_NUMBER_INT || parser.getStringLength() > MAX_NUMBER_DIGITS) {
      throw new BadCommandException("a field is not a whole number within its range");
    }
    long value = parser.getLongValue();
    if (value < least || value > most) {
      throw new BadCommandException("a number is out of its range");
    }
    return value;
  }

  int int32() throws BadCommandException {
    return (int) number(Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  long int64() throws BadCommandException {
    return number(Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** An offset or a version; those beyond 2^63 - 1 have never been issued. */
  long uint64() throws BadCommandException {
    return number(0, Long.MAX_VALUE);
  }

  List<String> strings() throws BadCommandException {
    var strings = new ArrayList<String>();
    if (enterArray()) {
      while (nextElement()) {
        strings.add(string());
      }
    }
    return List.copyOf(strings);
  }

  Map<String, String> stringMap() throws BadCommandException {
    var map = new LinkedHashMap<String, String>();
    if (enterObject()) {
      for (String name = next(); name != null; name = next()) {
        map.put(whole(name), string());
      }
    }
    return map;
  }

  /** The value as it stands in the input, any kind, in bytes of its own. */
  ByteBuffer payload() throws BadCommandException {
    int start = (int) (parser.currentTokenLocation().getByteOffset() + shift);
    int end = JsonText.end(text, start, to, JsonText.MAX_DEPTH);
    if (end < 0) {
      throw new BadCommandException("a payload nests too deep");
    }
    parser.skipChildren();
    return ByteBuffer.wrap(Arrays.copyOfRange(text, start, end));
  }

  /** Demands that nothing follows the object. */
  void end() throws BadCommandException {
    if (parser.nextToken() != null) {
      throw new BadCommandException("something follows a command on its line");
    }
  }

  @Override
  public void close() {
    parser.close();
  }
}
