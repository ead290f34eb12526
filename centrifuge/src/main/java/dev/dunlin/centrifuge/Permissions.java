package dev.dunlin.centrifuge;

/** What the namespace's options alone allow a client; tokens, hooks and capabilities come first. */
final class Permissions {

  private Permissions() {}

  /** Whether the options let the client subscribe without further proof. */
  static boolean subscribe(NamespaceOptions rules, String user) {
    return rules.allowSubscribeForClient()
        && (!user.isEmpty() || rules.allowSubscribeForAnonymous());
  }

  static boolean publish(NamespaceOptions rules, String user, boolean subscribed) {
    return allowed(
        rules.allowPublishForClient(),
        rules.allowPublishForSubscriber(),
        rules.allowPublishForAnonymous(),
        user,
        subscribed);
  }

  static boolean history(NamespaceOptions rules, String user, boolean subscribed) {
    return allowed(
        rules.allowHistoryForClient(),
        rules.allowHistoryForSubscriber(),
        rules.allowHistoryForAnonymous(),
        user,
        subscribed);
  }

  static boolean presence(NamespaceOptions rules, String user, boolean subscribed) {
    return allowed(
        rules.allowPresenceForClient(),
        rules.allowPresenceForSubscriber(),
        rules.allowPresenceForAnonymous(),
        user,
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
