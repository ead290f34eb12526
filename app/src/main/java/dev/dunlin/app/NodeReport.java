package dev.dunlin.app;

import dev.dunlin.centrifuge.NodeInfo;
import dev.dunlin.centrifuge.Nodes;
import dev.dunlin.channels.Hub;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** What is told of the nodes: to {@code info}, to the console, and by this node to the others. */
final class NodeReport {

  /** How the names of facts begin that are the items of {@code metrics}. */
  static final String METRIC = "metric.";

  /** The seconds that counters among them are the increase of. */
  static final String INTERVAL = "interval";

  /** Processor time, in percent of one processor. */
  static final String CPU = "cpu";

  /** Memory of the process in RAM, in bytes. */
  static final String RSS = "rss";

  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]{1,18}(\\.[0-9]{1,18})?(E-?[0-9]{1,2})?");

  private final Nodes nodes;

  NodeReport(Nodes nodes) {
    this.nodes = nodes;
  }

  /** What the node of this configuration is called. */
  static String name(Config config) {
    return config.node().name().isEmpty()
        ? host() + "_" + config.httpServer().port()
        : config.node().name();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }

  /** What a node tells of itself beside its numbers, by the names that the console shows. */
  static Map<String, String> facts(Config config, Hub hub, NodeUsage usage) {
    var runtime = Runtime.getRuntime();
    var facts = new LinkedHashMap<>(usage.read());
    facts.put("broker", config.broker().type());
    facts.put("linked", String.valueOf(hub.linked()));
    facts.put("heap", String.valueOf(runtime.totalMemory() - runtime.freeMemory()));
    facts.put("maxHeap", String.valueOf(runtime.maxMemory()));
    facts.put("processors", String.valueOf(runtime.availableProcessors()));
    facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return facts;
  }

  /** The nodes for the console, this one first. */
  List<Map<String, Object>> console() {
    return nodes.all().stream().map(NodeReport::console).toList();
  }

  private static Map<String, Object> console(NodeInfo node) {
    var facts = new LinkedHashMap<String, Object>();
    node.facts()
        .forEach((name, value) -> {
          if (!name.startsWith(METRIC)) {
            facts.put(name, typed(name, value));
          }
        });
    facts.put("uid", node.uid());
    facts.put("name", node.name());
    facts.put("version", node.version());
    facts.put("uptime", node.uptime().toSeconds());
    facts.put("clients", node.clients());
    facts.put("users", node.users());
    facts.put("channels", node.channels());
    facts.put("subscriptions", node.subscriptions());
    return facts;
  }

  /** As the console's page takes it; facts of nodes of another version stay as they are. */
  private static Object typed(String name, String value) {
    return switch (name) {
      case "linked" -> value.equals("true");
      case "heap", "maxHeap", "processors", RSS ->
          value.matches("[0-9]{1,18}") ? (Object) Long.valueOf(value) : value;
      case CPU -> NUMBER.matcher(value).matches() ? (Object) Double.valueOf(value) : value;
      default -> value;
    };
  }

  /** The answer to {@code info}. */
  void write(JsonGenerator json) {
    json.writeArrayPropertyStart("nodes");
    for (var node : nodes.all()) {
      json.writeStartObject();
      json.writeStringProperty("uid", node.uid());
      json.writeStringProperty("name", node.name());
      json.writeStringProperty("version", node.version());
      json.writeNumberProperty("num_clients", node.clients());
      json.writeNumberProperty("num_users", node.users());
      json.writeNumberProperty("num_subs", node.subscriptions());
      json.writeNumberProperty("num_channels", node.channels());
      json.writeNumberProperty("uptime", node.uptime().toSeconds());
      metrics(json, node.facts());
      process(json, node.facts());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Nodes of an older version tell nothing of this. */
  private static void metrics(JsonGenerator json, Map<String, String> facts) {
    if (facts.containsKey(INTERVAL)) {
      json.writeObjectPropertyStart("metrics");
      number(json, "interval", facts.get(INTERVAL));
      json.writeObjectPropertyStart("items");
      facts.entrySet().stream()
          .filter(fact -> fact.getKey().startsWith(METRIC))
          .sorted(Map.Entry.comparingByKey())
          .forEach(fact -> number(json, fact.getKey().substring(METRIC.length()), fact.getValue()));
      json.writeEndObject();
      json.writeEndObject();
    }
  }

  private static void process(JsonGenerator json, Map<String, String> facts) {
    if (facts.containsKey(CPU) || facts.containsKey(RSS)) {
      json.writeObjectPropertyStart("process");
      number(json, "cpu", facts.get(CPU));
      number(json, "rss", facts.get(RSS));
      json.writeEndObject();
    }
  }

  /** What another node says goes out as a number or not at all. */
  private static void number(JsonGenerator json, String name, @Nullable String value) {
    if (value != null && NUMBER.matcher(value).matches()) {
      json.writeName(name);
      json.writeNumber(new BigDecimal(value));
    }
  }
}
