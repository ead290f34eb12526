package dev.dunlin.app;

import dev.dunlin.centrifuge.NodeInfo;
import dev.dunlin.centrifuge.Nodes;
import dev.dunlin.channels.Hub;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** What is told of the nodes: to {@code info}, to the console, and by this node to the others. */
final class NodeReport {

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
  static Map<String, String> facts(Config config, Hub hub) {
    var runtime = Runtime.getRuntime();
    return Map.of(
        "broker", config.broker().type(),
        "linked", String.valueOf(hub.linked()),
        "heap", String.valueOf(runtime.totalMemory() - runtime.freeMemory()),
        "maxHeap", String.valueOf(runtime.maxMemory()),
        "processors", String.valueOf(runtime.availableProcessors()),
        "java", System.getProperty("java.vm.name") + " " + Runtime.version(),
        "system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  /** The nodes for the console, this one first. */
  List<Map<String, Object>> console() {
    return nodes.all().stream().map(NodeReport::console).toList();
  }

  private static Map<String, Object> console(NodeInfo node) {
    var facts = new LinkedHashMap<String, Object>();
    node.facts().forEach((name, value) -> facts.put(name, typed(name, value)));
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
      case "heap", "maxHeap", "processors" ->
          value.matches("[0-9]{1,18}") ? (Object) Long.valueOf(value) : value;
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
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
