package dev.dunlin.broker.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.StreamPosition;
import java.time.Duration;
import java.util.Base64;

/**
 * The state of a channel's stream after one of its messages, which carries it: so the last message
 * of a channel is its head, and to append is to compare and set.
 *
 * @param kind what the message is
 * @param offset of the last publication
 * @param epoch empty if the channel is no stream yet
 * @param born names one beginning of offsets at 1; it outlives epochs
 * @param life of the store that the epoch began in
 * @param sent when the message was made, in ms since 1970
 * @param time when the last publication was made
 * @param floor publications up to this offset are gone
 * @param size of the history
 * @param historyMillis time to live of the history
 * @param until when the stream is forgotten
 * @param version of the publisher
 * @param versionEpoch of the publisher
 * @param keyUntil until when the message's idempotency key is remembered
 * @param before how many bytes of the message are the publication before
 */
record Head(
    Kind kind,
    long offset,
    String epoch,
    String born,
    String life,
    long sent,
    long time,
    long floor,
    long size,
    long historyMillis,
    long until,
    long version,
    String versionEpoch,
    long keyUntil,
    int before) {

  /** The header that carries it. */
  static final String HEADER = "Dunlin";

  static final Head NONE = new Head(Kind.MARK, 0, "", "", "", 0, 0, 0, 0, 0, 0, 0, "", 0, 0);

  enum Kind {
    /** A publication in the stream. */
    KEPT("p"),
    /** A publication that passes the history by. */
    PASSING("f"),
    /** Somebody joined. */
    JOIN("j"),
    /** Somebody left. */
    LEAVE("l"),
    /** A change of the state alone: delivered to nobody. */
    MARK("m");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  /** As it stands now: forgotten if its time is over, in a new epoch if the store is another. */
  Head asOf(long now, String currentLife, String fresh) {
    if (until - now <= 0) {
      return NONE;
    }
    var head = expired(now) ? with(Kind.MARK, offset) : this;
    return epoch.isEmpty() || life.equals(currentLife) ? head : head.inEpoch(fresh, currentLife);
  }

  private boolean expired(long now) {
    return offset > floor && time + historyMillis - now <= 0;
  }

  private Head with(Kind kind, long floor) {
    return new Head(
        kind,
        offset,
        epoch,
        born,
        life,
        sent,
        time,
        floor,
        size,
        historyMillis,
        until,
        version,
        versionEpoch,
        keyUntil,
        0);
  }

  private Head inEpoch(String epoch, String life) {
    return new Head(
        Kind.MARK,
        offset,
        epoch,
        born,
        life,
        sent,
        time,
        floor,
        size,
        historyMillis,
        until,
        version,
        versionEpoch,
        keyUntil,
        0);
  }

  /** With a beginning, if it has none. */
  Head opened(String fresh, String life) {
    return epoch.isEmpty()
        ? new Head(Kind.MARK, 0, fresh, fresh, life, sent, 0, 0, 0, 0, until, 0, "", keyUntil, 0)
        : this;
  }

  /** After a publication into the stream. */
  Head appended(PublishOptions options, long now, int before) {
    var kept = options.channel();
    var versioned = options.version() > 0;
    return new Head(
        Kind.KEPT,
        offset + 1,
        epoch,
        born,
        life,
        now,
        now,
        floor,
        kept.historySize(),
        kept.historyTtl().toMillis(),
        Math.max(until, now + kept.historyMetaTtl().toMillis()),
        versioned ? options.version() : version,
        versioned ? options.versionEpoch() : versionEpoch,
        options.idempotencyKey().isEmpty() ? 0 : now + options.idempotencyTtl().toMillis(),
        before);
  }

  /** After a publication that passes the history by. */
  Head passed(PublishOptions options, long now) {
    var keyed = now + options.idempotencyTtl().toMillis();
    return new Head(
        Kind.PASSING,
        offset,
        epoch,
        born,
        life,
        now,
        time,
        floor,
        size,
        historyMillis,
        Math.max(until, keyed),
        version,
        versionEpoch,
        keyed,
        0);
  }

  /** After a read that opens the stream. A tenth more, so that not every read has to write. */
  Head remembered(Duration ttl, long now) {
    return new Head(
        Kind.MARK,
        offset,
        epoch,
        born,
        life,
        now,
        time,
        floor,
        size,
        historyMillis,
        Math.max(until, now + ttl.toMillis() + ttl.toMillis() / 10),
        version,
        versionEpoch,
        keyUntil,
        0);
  }

  /** After the history was removed. */
  Head emptied() {
    return with(Kind.MARK, offset);
  }

  /** Publications up to here are gone. */
  long gone() {
    return Math.max(floor, offset - size);
  }

  boolean outdated(PublishOptions options) {
    return options.version() > 0
        && options.version() <= version
        && (options.versionEpoch().isEmpty() || options.versionEpoch().equals(versionEpoch));
  }

  StreamPosition position() {
    return epoch.isEmpty() ? StreamPosition.START : new StreamPosition(offset, epoch);
  }

  /** What a message that is in no stream carries. */
  static String loose(Kind kind, long now) {
    return new Head(kind, 0, "", "", "", now, 0, 0, 0, 0, 0, 0, "", 0, 0).text();
  }

  /** Words. Later releases may add some at the end, and other kinds. */
  String text() {
    return String.join(
        " ",
        kind.word,
        Long.toString(offset),
        word(epoch),
        word(born),
        word(life),
        Long.toString(sent),
        Long.toString(time),
        Long.toString(floor),
        Long.toString(size),
        Long.toString(historyMillis),
        Long.toString(until),
        Long.toString(version),
        word(Base64.getUrlEncoder().encodeToString(versionEpoch.getBytes(UTF_8))),
        Long.toString(keyUntil),
        Integer.toString(before));
  }

  /**
   * Reads what {@link #text} wrote. A kind of a later release is a mark.
   *
   * @throws IllegalArgumentException if it is nothing of the kind
   */
  static Head parse(String text) {
    var words = text.split(" ", -1);
    if (words.length < 15) {
      throw new IllegalArgumentException("a head has 15 words or more");
    }
    var kind = Kind.MARK;
    for (var candidate : Kind.values()) {
      if (candidate.word.equals(words[0])) {
        kind = candidate;
      }
    }
    return new Head(
        kind,
        Long.parseLong(words[1]),
        value(words[2]),
        value(words[3]),
        value(words[4]),
        Long.parseLong(words[5]),
        Long.parseLong(words[6]),
        Long.parseLong(words[7]),
        Long.parseLong(words[8]),
        Long.parseLong(words[9]),
        Long.parseLong(words[10]),
        Long.parseLong(words[11]),
        new String(Base64.getUrlDecoder().decode(value(words[12])), UTF_8),
        Long.parseLong(words[13]),
        Integer.parseInt(words[14]));
  }

  private static String word(String value) {
    return value.isEmpty() ? "-" : value;
  }

  private static String value(String word) {
    return word.equals("-") ? "" : word;
  }
}
