package dev.dunlin.centrifuge;

import dev.dunlin.auth.Capabilities;
import dev.dunlin.auth.Identity;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the server knows about one client: state, no verbs. Confined to the connection's lane,
 * except for the volatile fields, which others may read.
 */
final class ClientSession {

  /** The connection's id. */
  final String id;

  final Codec codec;
  final boolean json;

  /** How far the connection has come. */
  enum Stage {
    /** No connect command has been carried out. */
    NEW,
    /** A connect command is under way or has failed: nothing else is taken. */
    CONNECTING,
    /** The connect reply is out. */
    CONNECTED,
    /** A connect command was refused: the client is to go. */
    REFUSED,
    /** Over. */
    ENDED
  }

  volatile Stage stage = Stage.NEW;
  volatile String user = "";
  volatile String name = "";
  volatile String version = "";
  volatile String meta = "";

  /** What the application wants to keep of the request, by lower-case name. */
  volatile Map<String, String> headers = Map.of();

  volatile Optional<Instant> expiresAt = Optional.empty();

  /** Whether it was connected: its end is then told to the hook as well. */
  boolean known;

  /** Whether the client, not a hook, refreshes the connection. */
  boolean clientRefreshes;

  byte[] info = {};
  Identity identity = Identity.anonymous();
  Capabilities capabilities = Capabilities.none();

  /** Channels by name, of both sides; those that are being added too. */
  final Map<String, ChannelSubscription> subscriptions = new LinkedHashMap<>(2);

  /** The channels that the token lists, to notice when a new token lists others. */
  java.util.Set<String> tokenChannels = java.util.Set.of();

  // Deadlines on the session's monotonic clock; Long.MAX_VALUE where none is set.
  long staleBy = Long.MAX_VALUE;
  long pingAt = Long.MAX_VALUE;
  long pongBy = Long.MAX_VALUE;
  long expireBy = Long.MAX_VALUE;
  long presenceAt = Long.MAX_VALUE;

  long errorMinute;
  int errors;

  ClientSession(String id, Codec codec, boolean json) {
    this.id = id;
    this.codec = codec;
    this.json = json;
  }

  boolean connected() {
    return stage == Stage.CONNECTED;
  }
}
