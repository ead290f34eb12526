package dev.dunlin.channels;

import java.util.List;

/**
 * What was read of a channel's history, all of it at one moment.
 *
 * @param publications in the order asked for
 * @param position the top of the stream: offset of the last publication and the epoch; the epoch is
 *     empty if there is no stream
 */
public record History(List<Publication> publications, StreamPosition position) {

  public History {
    publications = List.copyOf(publications);
  }

  /** The history of a channel that has none. */
  public static History none() {
    return new History(List.of(), StreamPosition.START);
  }

  /** Whether {@code since} named an epoch, and another one than this stream's. */
  public boolean unrecoverable(StreamPosition since) {
    return !since.epoch().isEmpty() && !since.epoch().equals(position.epoch());
  }
}
