package dev.dunlin.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/** A value as it was written, and where: what a configuration is before it is understood. */
sealed interface ConfigNode {

  /** Where it was written, for a person to find it: a file and line, a variable, a flag. */
  String place();

  /** A text, number or boolean; the empty text for a null. */
  record Scalar(String text, String place) implements ConfigNode {}

  /** A list. */
  record Sequence(List<ConfigNode> items, String place) implements ConfigNode {}

  /** Values by name, in the order in which they were written. */
  record Mapping(Map<String, ConfigNode> entries, String place) implements ConfigNode {

    /** This with everything that {@code over} says replaced; lists are replaced whole. */
    Mapping overlaid(Mapping over) {
      var merged = new LinkedHashMap<>(entries);
      over.entries.forEach((name, value) -> {
        var below = merged.get(name);
        merged.put(
            name,
            below instanceof Mapping lower && value instanceof Mapping upper
                ? lower.overlaid(upper)
                : value);
      });
      return new Mapping(merged, place);
    }
  }

  /** Nothing at all. */
  static Mapping empty(String place) {
    return new Mapping(new LinkedHashMap<>(), place);
  }

  /** A value at a path such as {@code client.token.issuer}. */
  static Mapping at(String path, ConfigNode value) {
    var node = value;
    var names = path.split("\\.", -1);
    for (int i = names.length - 1; i >= 0; i--) {
      var entries = new LinkedHashMap<String, ConfigNode>();
      entries.put(names[i], node);
      node = new Mapping(entries, value.place());
    }
    return (Mapping) node;
  }

  /**
   * Reads YAML, of which JSON is a part.
   *
   * @param source what places begin with
   * @throws CommandFailure if it is not YAML, or uses anchors or several documents
   */
  static ConfigNode yaml(String text, String source) {
    try (JsonParser parser = new YAMLFactory().createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        return empty(source);
      }
      var node = new Reading((YAMLParser) parser, source).value();
      if (parser.nextToken() != null) {
        throw CommandFailure.misused(source + " holds more than one YAML document");
      }
      return node;
    } catch (JacksonException malformed) {
      var location = malformed.getLocation();
      throw CommandFailure.misused(
          source
              + (location == null
                  ? ""
                  : ", line " + location.getLineNr() + ", column " + location.getColumnNr())
              + " is not YAML: "
              + malformed.getOriginalMessage().lines().findFirst().orElse("malformed"));
    }
  }

  /** Walks through the tokens of one document. */
  final class Reading {
    private final YAMLParser parser;
    private final String source;

    private Reading(YAMLParser parser, String source) {
      this.parser = parser;
      this.source = source;
    }

    private String place() {
      return source + ", line " + parser.currentTokenLocation().getLineNr();
    }

    private ConfigNode value() {
      return value(place());
    }

    private ConfigNode value(String place) {
      if (parser.isCurrentAlias()) {
        throw CommandFailure.misused(place + ": anchors and aliases are not supported");
      }
      return switch (parser.currentToken()) {
        case START_OBJECT -> mapping(place);
        case START_ARRAY -> sequence(place);
        case VALUE_NULL -> new Scalar("", place);
        case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
            new Scalar(parser.getString(), place);
        case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
            throw CommandFailure.misused(place + ": not a value");
      };
    }

    private Mapping mapping(String place) {
      var entries = new LinkedHashMap<String, ConfigNode>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        var name = parser.currentName();
        var here = place();
        parser.nextToken();
        if (entries.put(name, value(here)) != null) {
          throw CommandFailure.misused(here + ": '" + name + "' is there twice");
        }
      }
      return new Mapping(entries, place);
    }

    private Sequence sequence(String place) {
      var items = new ArrayList<ConfigNode>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(value());
      }
      return new Sequence(items, place);
    }
  }
}
