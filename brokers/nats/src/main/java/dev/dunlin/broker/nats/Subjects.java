package dev.dunlin.broker.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;

/**
 * The names of streams and subjects. A channel's name may hold anything, a token of a subject may
 * not: it is the name in Base64.
 */
final class Subjects {

  private final String prefix;

  Subjects(String prefix) {
    this.prefix = prefix;
  }

  /** The JetStream stream that holds all channels with history. */
  String stream() {
    return prefix;
  }

  /** The bucket of presence. */
  String presence() {
    return prefix + "_presence";
  }

  /** What is appended to a channel's stream. */
  String kept(String channel) {
    return prefix + ".s." + token(channel);
  }

  /** What the stream takes in. */
  String keptByAll() {
    return prefix + ".s.*";
  }

  /** What the subscribers of a channel hear. */
  String heard(String channel) {
    return prefix + ".r." + token(channel);
  }

  /** Where the stream tells what it took in. */
  String heardByAll() {
    return prefix + ".r.{{wildcard(1)}}";
  }

  /** The channel that is heard on this subject. */
  String channel(String heard) {
    var token = heard.substring(prefix.length() + 3);
    return token.equals("=") ? "" : new String(Base64.getUrlDecoder().decode(token), UTF_8);
  }

  String control() {
    return prefix + ".control";
  }

  String probe(String node) {
    return prefix + ".probe." + node;
  }

  static String token(String name) {
    // an empty token is not allowed, and '=' is no letter of the others
    return name.isEmpty()
        ? "="
        : Base64.getUrlEncoder().withoutPadding().encodeToString(name.getBytes(UTF_8));
  }
}
