package dev.dunlin.centrifuge;

import dev.dunlin.auth.Capabilities;
import dev.dunlin.auth.Capabilities.Operation;

/**
 * What a client may do with a channel by its token's capabilities or, failing them, by the
 * namespace's options. Capabilities only grant. What comes before and between (subscription tokens,
 * user-limited channels, hooks) is in the commands.
 */
final class Permissions {

  private Permissions() {}

  /** Whether the token's capabilities name the channel. */
  private static boolean granted(ClientSession client, Operation operation, String channel) {
    return client.capabilities.allow(operation, channel);
  }

  /** Which rule decides whether somebody may subscribe without a subscription token. */
  static Ruling subscribe(
      Node node, NamespaceOptions rules, ChannelName name, String user, Capabilities capabilities) {
    if (name.isPrivate()) {
      return Ruling.TOKEN_NEEDED;
    }
    if (name.userLimited() && rules.allowUserLimitedChannels()) {
      return name.allows(user) ? Ruling.NAMED_IN_CHANNEL : Ruling.NOT_NAMED_IN_CHANNEL;
    }
    if (capabilities.allow(Operation.SUBSCRIBE, name.toString())) {
      return Ruling.CAPABILITY;
    }
    if (node.hooks().subscribe(name.toString()).isPresent()) {
      return Ruling.BACK_END;
    }
    return rules.allowSubscribeForClient()
            && (!user.isEmpty() || rules.allowSubscribeForAnonymous())
        ? Ruling.OPTION
        : Ruling.NOTHING;
  }

  /** Which rule would decide, for somebody who need not be connected. */
  static Ruling explain(
      Node node,
      String user,
      Capabilities capabilities,
      Operation operation,
      String channel,
      boolean subscribed) {
    var name = ChannelName.of(channel);
    var found = node.namespaces().options(name);
    if (found.isEmpty()) {
      return Ruling.UNKNOWN_NAMESPACE;
    }
    var rules = found.get();
    var who = new ClientSession("", Publications.codec(true), true);
    who.user = user;
    who.capabilities = capabilities;
    return switch (operation) {
      case SUBSCRIBE ->
          !name.withinLimit() || !Namespaces.admits(rules, name)
              ? Ruling.NAME_NOT_ALLOWED
              : subscribe(node, rules, name, user, capabilities);
      case PUBLISH ->
          node.hooks().publish(channel).isPresent()
              ? Ruling.BACK_END // which is asked whatever the rest would say
              : ruled(operation, who, channel, publish(rules, who, channel, subscribed));
      case HISTORY ->
          rules.history()
              ? ruled(operation, who, channel, history(rules, who, channel, subscribed))
              : Ruling.NOT_AVAILABLE;
      case PRESENCE ->
          rules.presence()
              ? ruled(operation, who, channel, presence(rules, who, channel, subscribed))
              : Ruling.NOT_AVAILABLE;
    };
  }

  private static Ruling ruled(
      Operation operation, ClientSession who, String channel, boolean allowed) {
    return !allowed
        ? Ruling.NOTHING
        : granted(who, operation, channel) ? Ruling.CAPABILITY : Ruling.OPTION;
  }

  static boolean publish(
      NamespaceOptions rules, ClientSession client, String channel, boolean subscribed) {
    return granted(client, Operation.PUBLISH, channel)
        || allowed(
            rules.allowPublishForClient(),
            rules.allowPublishForSubscriber(),
            rules.allowPublishForAnonymous(),
            client.user,
            subscribed);
  }

  static boolean history(
      NamespaceOptions rules, ClientSession client, String channel, boolean subscribed) {
    return granted(client, Operation.HISTORY, channel)
        || allowed(
            rules.allowHistoryForClient(),
            rules.allowHistoryForSubscriber(),
            rules.allowHistoryForAnonymous(),
            client.user,
            subscribed);
  }

  static boolean presence(
      NamespaceOptions rules, ClientSession client, String channel, boolean subscribed) {
    return granted(client, Operation.PRESENCE, channel)
        || allowed(
            rules.allowPresenceForClient(),
            rules.allowPresenceForSubscriber(),
            rules.allowPresenceForAnonymous(),
            client.user,
            subscribed);
  }

  private static boolean allowed(
      boolean forClient,
      boolean forSubscriber,
      boolean forAnonymous,
      String user,
      boolean subscribed) {
    return (forClient || (forSubscriber && subscribed)) && (!user.isEmpty() || forAnonymous);
  }
}
