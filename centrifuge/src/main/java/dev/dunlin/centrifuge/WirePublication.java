package dev.dunlin.centrifuge;

import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Publication;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * A publication as it travels to one kind of subscriber: the channel's publication, in full or as a
 * patch, with what the protocol adds.
 *
 * @param data what the encoder embeds as it is: for JSON a JSON value without raw newlines, see
 *     {@link JsonText}
 * @param info the client that published; absent when the server did
 * @param offset place in the stream; 0 without history
 * @param delta whether {@code data} is a patch against the previous publication
 * @param time milliseconds since 1970; 0 when the channel does not tell
 * @param channel set where a subscription covers more than one channel
 * @param epoch set with the first publication of a stream whose epoch the subscriber does not know
 */
record WirePublication(
    ByteBuffer data,
    Optional<ClientInfo> info,
    long offset,
    Map<String, String> tags,
    boolean delta,
    long time,
    String channel,
    String key,
    boolean removed,
    long score,
    String epoch,
    long version) {

  /**
   * A channel's publication with its data as it travels. The first one of a stream names it, since
   * a subscriber that came before it knew no epoch.
   */
  static WirePublication of(Publication publication, ByteBuffer data) {
    return new WirePublication(
        data,
        publication.info(),
        publication.offset(),
        publication.tags(),
        false,
        0,
        "",
        publication.key(),
        publication.removed(),
        0,
        publication.offset() == 1 ? publication.epoch() : "",
        publication.version());
  }

  /** A publication with nothing but data, and a place in the stream (0: none). */
  static WirePublication of(ByteBuffer data, long offset) {
    return new WirePublication(
        data, Optional.empty(), offset, Map.of(), false, 0, "", "", false, 0, "", 0);
  }

  /** The same publication with other data. */
  WirePublication withData(ByteBuffer other, boolean patch) {
    return new WirePublication(
        other, info, offset, tags, patch, time, channel, key, removed, score, epoch, version);
  }
}
