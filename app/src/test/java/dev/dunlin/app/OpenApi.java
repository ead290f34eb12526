package dev.dunlin.app;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** The served description, and what of JSON Schema it uses: to judge values, and to make them. */
final class OpenApi {

  static final JsonMapper JSON = JsonMapper.builder().build();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final JsonNode document;

  OpenApi(byte[] document) {
    this.document = JSON.readTree(document);
  }

  /** The methods, by the last part of their paths. */
  List<String> methods() {
    return document.get("paths").propertyNames().stream()
        .map(path -> path.substring("/api/".length()))
        .toList();
  }

  JsonNode request(String method) {
    return resolved(operation(method).at("/requestBody/content/application~1json/schema"));
  }

  JsonNode response(String method, int status) {
    return resolved(
        resolved(operation(method).at("/responses/" + status))
            .at("/content/application~1json/schema"));
  }

  private JsonNode operation(String method) {
    return document.at("/paths/~1api~1" + method + "/post");
  }

  JsonNode resolved(JsonNode schema) {
    return schema.has("$ref") ? document.at(schema.get("$ref").asString().substring(1)) : schema;
  }

  /** What is wrong with a value; nothing if it is as described. */
  List<String> problems(JsonNode described, JsonNode value, String at) {
    var schema = resolved(described);
    var problems = new ArrayList<String>();
    var type = schema.path("type").asString("");
    boolean fits =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isString();
          case "boolean" -> value.isBoolean();
          case "integer" -> value.isIntegralNumber();
          case "number" -> value.isNumber();
          case "" -> true;
          default -> throw new IllegalStateException(type);
        };
    if (!fits) {
      return List.of(at + " is no " + type + ": " + value);
    }
    if (schema.has("enum") && !schema.get("enum").valueStream().anyMatch(value::equals)) {
      problems.add(at + " is none of " + schema.get("enum"));
    }
    if (schema.has("minimum") && value.asLong() < schema.get("minimum").asLong()) {
      problems.add(at + " is too small");
    }
    if (type.equals("object")) {
      object(schema, value, at, problems);
    }
    for (int i = 0; type.equals("array") && i < value.size(); i++) {
      problems.addAll(problems(schema.get("items"), value.get(i), at + "[" + i + "]"));
    }
    return problems;
  }

  private void object(JsonNode schema, JsonNode value, String at, List<String> problems) {
    for (var name : schema.path("required")) {
      if (!value.has(name.asString())) {
        problems.add(at + "." + name.asString() + " is missing");
      }
    }
    if (value.size() < schema.path("minProperties").asInt(0)
        || value.size() > schema.path("maxProperties").asInt(Integer.MAX_VALUE)) {
      problems.add(at + " has " + value.size() + " members");
    }
    var others = schema.path("additionalProperties");
    for (var member : value.properties()) {
      var name = at + "." + member.getKey();
      var known = schema.path("properties").path(member.getKey());
      if (!known.isMissingNode()) {
        problems.addAll(problems(known, member.getValue(), name));
      } else if (others.isObject()) {
        problems.addAll(problems(others, member.getValue(), name));
      } else if (others.isBoolean() && !others.asBoolean()) {
        problems.add(name + " is not described");
      }
    }
  }

  /** A value as described: what is required and, by chance, what is not. */
  JsonNode value(JsonNode described, String name, RandomGenerator random) {
    var schema = resolved(described);
    if (schema.has("enum")) {
      return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
    }
    return switch (schema.path("type").asString("")) {
      case "boolean" -> NODES.booleanNode(random.nextBoolean());
      case "integer" -> NODES.numberNode(integer(schema, name, random));
      case "string" -> NODES.stringNode(text(schema, name, random));
      case "array" -> {
        var array = NODES.arrayNode();
        int least = schema.path("minItems").asInt(0);
        for (int i = random.nextInt(least, least + 3); i > 0; i--) {
          array.add(value(schema.get("items"), name, random));
        }
        yield array;
      }
      case "object" -> object(schema, random);
      default -> any(random);
    };
  }

  private JsonNode object(JsonNode schema, RandomGenerator random) {
    var object = NODES.objectNode();
    var required = new TreeSet<String>();
    schema.path("required").forEach(name -> required.add(name.asString()));
    var either = schema.path("anyOf");
    if (!either.isMissingNode()) {
      required.add(either.get(random.nextInt(either.size())).at("/required/0").asString());
    }
    var properties = List.copyOf(schema.path("properties").properties());
    int only = schema.path("maxProperties").asInt(0) == 1 ? random.nextInt(properties.size()) : -1;
    for (int i = 0; i < properties.size(); i++) {
      var name = properties.get(i).getKey();
      boolean there = only >= 0 ? i == only : required.contains(name) || random.nextInt(3) == 0;
      // a payload is given in one of its two forms
      boolean twice = name.startsWith("b64") && object.has(name.substring(3));
      if (there && !twice) {
        object.set(name, value(properties.get(i).getValue(), name, random));
      }
    }
    if (properties.isEmpty() && schema.path("additionalProperties").isObject()) {
      object.set("key", value(schema.get("additionalProperties"), "key", random));
    }
    return object;
  }

  private static long integer(JsonNode schema, String name, RandomGenerator random) {
    long least = schema.path("minimum").asLong(0);
    return name.equals("expire_at")
        ? System.currentTimeMillis() / 1000 + 3600
        : random.nextLong(least, schema.path("maximum").asLong(least + 50) + 1);
  }

  private static String text(JsonNode schema, String name, RandomGenerator random) {
    if (schema.has("contentEncoding")) {
      return java.util.Base64.getEncoder().encodeToString("\"é\"".getBytes());
    }
    int length = random.nextInt(1 + schema.path("minLength").asInt(0), 9);
    return name.charAt(0)
        + IntStream.range(0, length)
            .mapToObj(i -> String.valueOf((char) ('a' + random.nextInt(26))))
            .collect(Collectors.joining());
  }

  private static JsonNode any(RandomGenerator random) {
    return switch (random.nextInt(4)) {
      case 0 -> NODES.numberNode(random.nextInt());
      case 1 -> NODES.stringNode("é\n");
      case 2 -> NODES.arrayNode().add(true).addNull();
      default -> NODES.objectNode().put("a", 1.5);
    };
  }

  /** All members of a request, by path: {@code since.offset}. */
  TreeSet<String> members(JsonNode described, String prefix) {
    var members = new TreeSet<String>();
    for (var property : resolved(described).path("properties").properties()) {
      members.add(prefix + property.getKey());
      var schema = resolved(property.getValue());
      members.addAll(members(schema, prefix + property.getKey() + "."));
    }
    return members;
  }

  /** Names of an object's members. */
  static List<String> names(JsonNode object) {
    return StreamSupport.stream(object.propertyNames().spliterator(), false).toList();
  }
}
