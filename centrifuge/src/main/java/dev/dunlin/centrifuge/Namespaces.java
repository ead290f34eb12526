package dev.dunlin.centrifuge;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The namespaces of a server: which options hold for which channel.
 *
 * @param withoutNamespace for channels whose name has no namespace
 * @param named by the namespace's name
 */
public record Namespaces(NamespaceOptions withoutNamespace, Map<String, NamespaceOptions> named) {

  private static final Pattern NAME = Pattern.compile("[-a-zA-Z0-9_]{2,}");

  public Namespaces {
    named = Map.copyOf(named);
    for (String name : named.keySet()) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "a namespace's name has two or more of the characters -a-zA-Z0-9_, not: " + name);
      }
    }
  }

  /** No namespaces, and these options for the channels without one. */
  public static Namespaces of(NamespaceOptions withoutNamespace) {
    return new Namespaces(withoutNamespace, Map.of());
  }

  /** The options of the channel; empty if its namespace does not exist (error 102). */
  public Optional<NamespaceOptions> options(ChannelName channel) {
    String namespace = channel.namespace();
    if (namespace.isEmpty() && channel.namesNamespace()) {
      return Optional.empty(); // ":x": no namespace has an empty name
    }
    return namespace.isEmpty()
        ? Optional.of(withoutNamespace)
        : Optional.ofNullable(named.get(namespace));
  }

  /**
   * Whether the channel's name follows the rules of its namespace: its pattern, or ASCII where
   * there is none; at most {@link ChannelName#MAX_LENGTH} bytes in any case.
   */
  public static boolean admits(NamespaceOptions options, ChannelName channel) {
    if (!channel.withinLimit()) {
      return false;
    }
    return options
        .channelRegex()
        .map(pattern -> pattern.matcher(channel.rest()).find())
        .orElseGet(channel::ascii);
  }
}
