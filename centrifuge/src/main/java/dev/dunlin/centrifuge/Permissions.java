package dev.dunlin.centrifuge;

import dev.dunlin.auth.Capabilities.Operation;

/**
 * What a client may do with a channel by its token's capabilities or, failing them, by the
 * namespace's options. Capabilities only grant. What comes before and between (subscription tokens,
 * user-limited channels, hooks) is in the commands.
 */
final class Permissions {

  private Permissions() {}

  /** Whether the token's capabilities name the channel. */
  static boolean granted(ClientSession client, Operation operation, String channel) {
    return client.capabilities.allow(operation, channel);
  }

  /** Whether the options let the client subscribe without further proof. */
  static boolean subscribe(NamespaceOptions rules, ClientSession client) {
    return rules.allowSubscribeForClient()
        && (!client.user.isEmpty() || rules.allowSubscribeForAnonymous());
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
