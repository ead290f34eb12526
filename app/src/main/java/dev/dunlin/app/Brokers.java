package dev.dunlin.app;

import static java.util.Objects.requireNonNull;

import dev.dunlin.centrifuge.ChannelName;
import dev.dunlin.channels.Broker;
import dev.dunlin.channels.MemoryBroker;
import dev.dunlin.channels.RoutedBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The brokers of a configuration, and which namespace has which: fixed while the server runs. */
final class Brokers {

  private final Map<String, String> chosen; // names of brokers by namespace
  private final List<Broker> opened = new ArrayList<>();
  private final Broker broker;

  /**
   * Opens them; none is started.
   *
   * @throws CommandFailure naming the broker whose type or options are wrong
   */
  Brokers(Config config) {
    chosen = chosen(config);
    var main = open("broker", config.broker());
    var named = new HashMap<String, Broker>();
    for (var each : config.brokers()) {
      named.put(each.name(), open("brokers '" + each.name() + "'", each.broker()));
    }
    var byNamespace = new HashMap<String, Broker>();
    chosen.forEach(
        (namespace, name) -> byNamespace.put(namespace, requireNonNull(named.get(name))));
    broker =
        named.isEmpty()
            ? main
            : RoutedBroker.over(
                main,
                named.values(),
                channel -> byNamespace.getOrDefault(ChannelName.of(channel).namespace(), main));
  }

  private Broker open(String path, Config.Broker choice) {
    var options = new LinkedHashMap<String, String>();
    choice.options().forEach((name, value) -> options.put(name, value.value()));
    try {
      var made = Broker.open(choice.type(), options);
      opened.add(made);
      return made;
    } catch (IllegalArgumentException wrong) {
      opened.forEach(Broker::close);
      throw CommandFailure.misused(path + ": " + wrong.getMessage());
    }
  }

  private static Map<String, String> chosen(Config config) {
    var chosen = new HashMap<String, String>();
    choose(chosen, "", config.channel().withoutNamespace());
    config.channel().namespaces().forEach(each -> choose(chosen, each.name(), each.rules()));
    return chosen;
  }

  private static void choose(Map<String, String> chosen, String namespace, ChannelRules rules) {
    if (!rules.brokerName().isEmpty()) {
      chosen.put(namespace, rules.brokerName());
    }
  }

  /** All of them as one. */
  Broker broker() {
    return broker;
  }

  /** What they are called, for messages: {@code broker.type redis, brokers 'local' memory}. */
  static String shown(Config config) {
    return Stream.concat(
            Stream.of("broker.type " + config.broker().type()),
            config.brokers().stream()
                .map(each -> "brokers '" + each.name() + "' " + each.broker().type()))
        .collect(Collectors.joining(", "));
  }

  /** How long the start waits for all of them. */
  static Duration startTimeout(Config config) {
    return Stream.concat(
            Stream.of(config.broker()), config.brokers().stream().map(Config.NamedBroker::broker))
        .map(Config.Broker::startTimeout)
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** Has those in memory forget what is over; called now and then. */
  void maintain() {
    for (var each : opened) {
      if (each instanceof MemoryBroker memory) {
        memory.maintain();
      }
    }
  }

  /**
   * Refuses a configuration in which a namespace has another broker than now.
   *
   * @throws CommandFailure naming the namespace
   */
  void requireSame(Config changed) {
    var wanted = chosen(changed);
    for (var namespace :
        Stream.concat(chosen.keySet().stream(), wanted.keySet().stream()).sorted().toList()) {
      if (!chosen.getOrDefault(namespace, "").equals(wanted.getOrDefault(namespace, ""))) {
        throw CommandFailure.misused(
            "broker_name of "
                + (namespace.isEmpty()
                    ? "channel.without_namespace"
                    : "the namespace '" + namespace + "'")
                + ": changes with a restart only");
      }
    }
  }
}
