package dev.dunlin.centrifuge;

import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.util.List;

/** A subscribe result under construction; it starts with every field at its zero value. */
final class SubscribeResultBuilder {

  private boolean expires;
  private long ttl;
  private boolean recoverable;
  private String epoch = "";
  private List<WirePublication> publications = List.of();
  private boolean recovered;
  private long offset;
  private boolean positioned;
  private ByteBuffer data = Codec.NOTHING;
  private boolean wasRecovering;
  private boolean delta;
  private long id;

  /** The client is to refresh within so many seconds. */
  SubscribeResultBuilder expires(long seconds) {
    expires = true;
    ttl = seconds;
    return this;
  }

  /** The subscription follows the stream from this position. */
  SubscribeResultBuilder positioned(StreamPosition position, boolean canRecover) {
    positioned = true;
    recoverable = canRecover;
    epoch = position.epoch();
    offset = position.offset();
    return this;
  }

  /** The client asked for what it missed: here it is, or it is lost. */
  SubscribeResultBuilder recovery(boolean success, List<WirePublication> missed) {
    wasRecovering = true;
    recovered = success;
    publications = missed;
    return this;
  }

  /** Data of the application. */
  SubscribeResultBuilder data(ByteBuffer bytes) {
    data = bytes;
    return this;
  }

  /** Publications come as patches. */
  SubscribeResultBuilder delta(boolean agreed) {
    delta = agreed;
    return this;
  }

  /** Pushes of the channel carry this number instead of its name. */
  SubscribeResultBuilder id(long channel) {
    id = channel;
    return this;
  }

  Result.SubscribeResult build() {
    return new Result.SubscribeResult(
        expires,
        ttl,
        recoverable,
        epoch,
        publications,
        recovered,
        offset,
        positioned,
        data,
        wasRecovering,
        delta,
        id,
        0,
        0,
        "",
        List.of(),
        0);
  }
}
