package dev.dunlin.centrifuge;

import dev.dunlin.auth.Revocation;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** What one node asks all others to do to the clients they hold. */
sealed interface NodeCall {

  record Disconnect(
      ServerApi.Target target, Set<String> keep, dev.dunlin.centrifuge.Disconnect disconnect)
      implements NodeCall {}

  record Unsubscribe(ServerApi.Target target, String channel) implements NodeCall {}

  record Subscribe(ServerApi.Target target, String channel, SubscribeOptions options)
      implements NodeCall {}

  record Refresh(ServerApi.Target target, Optional<Instant> expiresAt, Optional<byte[]> info)
      implements NodeCall {}

  record Revoke(Revocation revocation) implements NodeCall {}

  /** The one that is answered with something: the channels and how many subscribers each. */
  record Channels(String pattern) implements NodeCall {}
}
