package dev.dunlin.app;

import dev.dunlin.centrifuge.Clients;
import dev.dunlin.channels.Hub;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import tools.jackson.core.JsonGenerator;

/** What this node answers to {@code info}. */
final class NodeReport {

  private final String uid;
  private final String name;
  private final Hub hub;
  private final Clients clients;

  NodeReport(String uid, Config config, Hub hub, Clients clients) {
    this.uid = uid;
    this.name =
        config.node().name().isEmpty()
            ? host() + "_" + config.httpServer().port()
            : config.node().name();
    this.hub = hub;
    this.clients = clients;
  }

  String uid() {
    return uid;
  }

  String name() {
    return name;
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }

  void write(JsonGenerator json) {
    var stats = hub.stats();
    json.writeArrayPropertyStart("nodes");
    json.writeStartObject();
    json.writeStringProperty("uid", uid);
    json.writeStringProperty("name", name);
    json.writeStringProperty("version", VersionCommand.version());
    json.writeNumberProperty("num_clients", clients.count());
    json.writeNumberProperty("num_users", clients.users());
    json.writeNumberProperty("num_subs", stats.subscriptions());
    json.writeNumberProperty("num_channels", stats.channels());
    json.writeNumberProperty("uptime", ManagementFactory.getRuntimeMXBean().getUptime() / 1000);
    json.writeEndObject();
    json.writeEndArray();
  }
}
