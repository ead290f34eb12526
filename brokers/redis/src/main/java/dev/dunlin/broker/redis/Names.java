package dev.dunlin.broker.redis;

/**
 * The names of keys and Redis channels. All keys of one channel share what stands in the braces, so
 * a cluster keeps them on one node; the colon in front keeps that from being empty.
 */
final class Names {

  private final String prefix;
  private final String messages;

  Names(String prefix) {
    this.prefix = prefix;
    this.messages = prefix + ":c:{:";
  }

  /** The Redis channel that carries a channel's messages. */
  String messages(String channel) {
    return messages + channel + '}';
  }

  /** The channel whose messages come over this Redis channel. */
  String channel(String messages) {
    return messages.substring(this.messages.length(), messages.length() - 1);
  }

  String[] stream(String channel) {
    return new String[] {key("h", channel), key("s", channel)};
  }

  String[] publish(String channel, String idempotencyKey) {
    return new String[] {
      key("h", channel), key("s", channel), key("k", channel) + ':' + idempotencyKey
    };
  }

  String[] presence(String channel) {
    return new String[] {key("pe", channel), key("pi", channel), key("pu", channel)};
  }

  private String key(String kind, String channel) {
    return prefix + ':' + kind + ":{:" + channel + '}';
  }

  /** The Redis channel that all nodes hear. */
  String control() {
    return prefix + ":control";
  }

  /** The Redis channel that only this node hears. */
  String probe(String node) {
    return prefix + ":probe:" + node;
  }
}
