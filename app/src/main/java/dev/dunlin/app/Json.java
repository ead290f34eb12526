package dev.dunlin.app;

import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON, and holds the reader that all JSON from outside goes through. */
final class Json {

  private static final int MAX_DEPTH = 128;

  /** The body of a request is limited before it is read; a name given twice is a mistake. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private Json() {}

  /** Fills an object that is being written. */
  interface Body {
    void write(JsonGenerator json);
  }

  /** One object. */
  static byte[] object(Body body) {
    var out = new ByteArrayOutputStream();
    try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  /** One object, as text. */
  static String text(Body body) {
    return new String(object(body), StandardCharsets.UTF_8);
  }

  /** A text as a JSON string. */
  static String quoted(String text) {
    var out = new StringWriter();
    try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeString(text);
    }
    return out.toString();
  }

  /** A reader at the beginning of the text. */
  static JsonParser parser(byte[] text) {
    return FACTORY.createParser(ObjectReadContext.empty(), text);
  }

  /** Whether these bytes are one JSON value. */
  static boolean valid(byte[] text) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
      try (var parser = parser(text)) {
        if (parser.nextToken() == null) {
          return false;
        }
        parser.skipChildren();
        parser.finishToken();
        return parser.nextToken() == null;
      }
    } catch (JacksonException | CharacterCodingException malformed) {
      return false;
    }
  }

  /**
   * Adds a payload: as it stands under {@code name} if it is JSON, else in base64 under {@code
   * b64<name>}; nothing if it is empty.
   */
  static void payload(JsonGenerator json, String name, byte[] payload) {
    if (payload.length == 0) {
      return;
    }
    if (valid(payload)) {
      json.writeName(name);
      json.writeRawValue(new String(payload, StandardCharsets.UTF_8));
    } else {
      json.writeStringProperty("b64" + name, Base64.getEncoder().encodeToString(payload));
    }
  }

  /** The remaining bytes. */
  static byte[] bytes(ByteBuffer buffer) {
    var bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
