package dev.dunlin.broker.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.StreamPosition;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Channels with history in one JetStream stream, a subject each. The last message of a subject
 * carries the channel's {@link Head}; whoever appends says which message he saw last, and the
 * server refuses if there is another by now. So offset, epoch, version and removal change together
 * with the append, without a lock.
 *
 * <p>All methods wait.
 */
final class Streams {

  private static final int EPOCH_LETTERS = 8;
  private static final int NOT_THE_LAST = 10071;
  private static final int NO_MESSAGE = 10037;

  /** A sequence that no message will have. */
  private static final long NEVER_THE_LAST = Long.MAX_VALUE;

  /** Of a message that a delta is made from: a larger one is read again. */
  private static final int KEPT_BYTES = 4 << 10;

  private final Subjects subjects;
  private final NatsOptions options;
  private final Places places;
  private final SecureRandom random = new SecureRandom();

  Streams(Subjects subjects, NatsOptions options, Places places) {
    this.subjects = subjects;
    this.options = options;
    this.places = places;
  }

  /**
   * What a node remembers of a channel's end, to save a read: what it appended itself, and what it
   * heard others append. It may be wrong: then it is told. For any thread.
   *
   * <p>Of the end's bytes it keeps some only where publications carry the one before.
   */
  static final class Known {
    private final AtomicReference<@Nullable End> last = new AtomicReference<>();
    private volatile boolean delta;

    /** Whatever is remembered of this link. */
    private @Nullable End at(Link link) {
      var end = last.get();
      return end != null && end.link == link ? end : null;
    }

    private void read(End end) {
      last.set(end.keeping(delta ? KEPT_BYTES : 0));
    }

    /** An end that was appended; what was heard meanwhile may be later. */
    private void learn(End end) {
      var kept = end.keeping(delta ? KEPT_BYTES : 0);
      last.updateAndGet(
          old -> old != null && old.link == end.link && old.sequence > end.sequence ? old : kept);
    }

    /** This one is not the end any more. */
    private void forget(long sequence) {
      last.updateAndGet(old -> old == null || old.sequence <= sequence ? null : old);
    }

    /** Somebody appended this, as the stream tells. Who knows no end yet need not know of it. */
    void heard(Head head, Message message) {
      var sequence = Link.sequence(message);
      var old = last.get();
      if (old != null
          && old.link.connection() == message.getConnection()
          && old.sequence < sequence) {
        learn(new End(old.link, head, sequence, bytes(message.getData())));
      }
    }
  }

  /**
   * The end of a subject: the head, its sequence in the stream, and the message's bytes if kept.
   */
  private record End(Link link, Head head, long sequence, byte @Nullable [] data) {

    End keeping(int most) {
      return data == null || data.length <= most ? this : new End(link, head, sequence, null);
    }
  }

  PublishResult publish(
      Link link, Known known, String channel, byte[] envelope, PublishOptions publish)
      throws IOException, JetStreamApiException {
    check(publish);
    var subject = subjects.kept(channel);
    var key = publish.idempotencyKey();
    var id = key.isEmpty() ? "" : Subjects.token(channel) + '/' + Subjects.token(key);
    var deadline = System.nanoTime() + options.timeout().toNanos();
    if (publish.delta()) {
      known.delta = true;
    }
    while (System.nanoTime() - deadline < 0) {
      var now = System.currentTimeMillis();
      var end = end(link, known, subject);
      if (publish.delta() && end.data == null) {
        end = read(link, known, subject);
      }
      var head = end.head.asOf(now, link.life(), name());
      Head next;
      byte[] data;
      if (publish.toHistory()) {
        head = head.opened(name(), link.life());
        if (head.outdated(publish)) {
          if (read(link, known, subject).sequence != end.sequence) {
            continue; // that was remembered, and is no longer so
          }
          var first = id.isEmpty() ? null : first(link, known, subject, id);
          return first == null
              ? new PublishResult(head.position(), PublishResult.Suppression.VERSION)
              : new PublishResult(first, PublishResult.Suppression.IDEMPOTENCY);
        }
        var before = publish.delta() && head.kind() == Head.Kind.KEPT ? own(end) : new byte[0];
        next = head.appended(publish, now, before.length);
        data = join(before, envelope);
      } else {
        next = head.passed(publish, now);
        data = envelope;
      }
      var ack = append(link, known, subject, next, data, end.sequence, id);
      if (ack == null) {
        continue; // somebody was first
      }
      if (!ack.isDuplicate()) {
        return PublishResult.at(publish.toHistory() ? next.position() : StreamPosition.START);
      }
      var earlier = earlier(link, known, subject, ack.getSeqno());
      if (earlier != null) {
        return new PublishResult(earlier, PublishResult.Suppression.IDEMPOTENCY);
      }
      id = id + '#' + ack.getSeqno(); // its time is over: the next one of this name
    }
    throw new BrokerUnavailableException("others published to the channel all the time");
  }

  private void check(PublishOptions publish) {
    if (publish.toHistory() && publish.channel().historySize() > options.maxHistory()) {
      throw new IllegalArgumentException(
          "a history of "
              + publish.channel().historySize()
              + " publications: max_history is "
              + options.maxHistory());
    }
    if (!publish.idempotencyKey().isEmpty()
        && publish.idempotencyTtl().compareTo(options.idempotencyWindow()) > 0) {
      throw new IllegalArgumentException(
          "an idempotency key cannot be remembered for "
              + publish.idempotencyTtl()
              + ": the window is "
              + options.idempotencyWindow());
    }
  }

  /**
   * Where the publication with this id went; null if there was none. The server looks at ids before
   * it looks at conditions, so a message on a condition that never holds asks it.
   */
  private @Nullable StreamPosition first(Link link, Known known, String subject, String id)
      throws IOException, JetStreamApiException {
    var ack = append(link, known, subject, Head.NONE, new byte[0], NEVER_THE_LAST, id);
    return ack == null ? null : earlier(link, known, subject, ack.getSeqno());
  }

  /** Where the publication with this key went; null if the key's time is over. */
  private @Nullable StreamPosition earlier(Link link, Known known, String subject, long sequence)
      throws IOException, JetStreamApiException {
    Head first;
    try {
      first = head(link.management().getMessage(subjects.stream(), sequence).getHeaders());
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NO_MESSAGE) {
        return StreamPosition.START; // published, and no longer kept
      }
      throw e;
    }
    var now = System.currentTimeMillis();
    if (first.keyUntil() - now <= 0) {
      return null;
    }
    if (first.kind() == Head.Kind.PASSING) {
      return StreamPosition.START;
    }
    var current = settle(link, known, subject, read(link, known, subject));
    return current.born().equals(first.born())
        ? new StreamPosition(first.offset(), current.epoch())
        : null;
  }

  History history(Link link, String channel, HistoryQuery query)
      throws IOException, JetStreamApiException, InterruptedException {
    var subject = subjects.kept(channel);
    var known = new Known();
    var end = end(link, known, subject);
    var head = settle(link, known, subject, end);
    if (query.metaTtl().isPositive()) {
      head = open(link, known, subject, query);
    }
    if (head.epoch().isEmpty()) {
      return History.none();
    }
    var since = query.since();
    if (query.limit() == 0 || !since.epoch().isEmpty() && !since.epoch().equals(head.epoch())) {
      return new History(List.of(), head.position());
    }
    var above = query.reverse() ? head.gone() : Math.max(head.gone(), since.offset());
    var below = query.reverse() ? Math.min(head.offset() + 1, since.offset()) : head.offset() + 1;
    var publications = List.<Publication>of();
    if (below - above > 1) {
      long from = places.before(channel, head.epoch(), above);
      publications = read(link, channel, head, from, above, below);
      if (from > 0 && publications.size() < below - above - 1) {
        publications = read(link, channel, head, 0, above, below); // the place was not enough
      }
    }
    if (query.reverse()) {
      Collections.reverse(publications);
    }
    var count = Math.min(publications.size(), query.atMost());
    return new History(publications.subList(0, count), head.position());
  }

  /** The publications between two offsets that the stream holds from a sequence on. */
  private List<Publication> read(
      Link link, String channel, Head head, long from, long above, long below)
      throws IOException, JetStreamApiException, InterruptedException {
    var publications = new ArrayList<Publication>();
    for (var message : link.read(subjects.stream(), subjects.kept(channel), from)) {
      var at = head(message.getHeaders());
      if (at.kind() == Head.Kind.KEPT
          && at.born().equals(head.born())
          && at.offset() > above
          && at.offset() < below) {
        publications.add(
            Envelope.publication(channel, own(at, message.getData()))
                .position(at.offset(), head.epoch())
                .time(at.time())
                .build());
      }
    }
    return publications;
  }

  /** Gives the stream an epoch if it has none, and has it remembered. */
  private Head open(Link link, Known known, String subject, HistoryQuery query)
      throws IOException, JetStreamApiException {
    var deadline = System.nanoTime() + options.timeout().toNanos();
    while (System.nanoTime() - deadline < 0) {
      var now = System.currentTimeMillis();
      var end = end(link, known, subject);
      var head = end.head.asOf(now, link.life(), name()).opened(name(), link.life());
      if (head.epoch().equals(end.head.epoch())
          && head.until() - now >= query.metaTtl().toMillis()) {
        return head;
      }
      var next = head.remembered(query.metaTtl(), now);
      if (append(link, known, subject, next, new byte[0], end.sequence, "") != null) {
        return next;
      }
    }
    throw new BrokerUnavailableException("others published to the channel all the time");
  }

  /** The head as it stands now. A new epoch is written down, so that all nodes name the same. */
  private Head settle(Link link, Known known, String subject, End seen)
      throws IOException, JetStreamApiException {
    var end = seen;
    var deadline = System.nanoTime() + options.timeout().toNanos();
    while (System.nanoTime() - deadline < 0) {
      var head = end.head.asOf(System.currentTimeMillis(), link.life(), name());
      if (head.epoch().isEmpty() || head.epoch().equals(end.head.epoch())) {
        return head;
      }
      if (append(link, known, subject, head, new byte[0], end.sequence, "") != null) {
        return head;
      }
      end = end(link, known, subject);
    }
    throw new BrokerUnavailableException("others published to the channel all the time");
  }

  void removeHistory(Link link, Known known, String channel)
      throws IOException, JetStreamApiException {
    var subject = subjects.kept(channel);
    var deadline = System.nanoTime() + options.timeout().toNanos();
    while (System.nanoTime() - deadline < 0) {
      var end = read(link, known, subject); // what is not there is not remembered
      var head = end.head.asOf(System.currentTimeMillis(), link.life(), name());
      if (head.epoch().isEmpty()) {
        return;
      }
      if (append(link, known, subject, head.emptied(), new byte[0], end.sequence, "") != null) {
        return;
      }
    }
    throw new BrokerUnavailableException("others published to the channel all the time");
  }

  /** The acknowledgement; null if the subject has another end than the one named. */
  private static @Nullable PublishAck append(
      Link link, Known known, String subject, Head next, byte[] data, long after, String id)
      throws IOException, JetStreamApiException {
    var condition = io.nats.client.PublishOptions.builder().expectedLastSubjectSequence(after);
    if (!id.isEmpty()) {
      condition.messageId(id);
    }
    var message =
        NatsMessage.builder()
            .subject(subject)
            .headers(new Headers().add(Head.HEADER, next.text()))
            .data(data)
            .build();
    try {
      var ack = link.jetStream().publish(message, condition.build());
      if (!ack.isDuplicate()) {
        known.learn(new End(link, next, ack.getSeqno(), data));
      }
      return ack;
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NOT_THE_LAST) {
        known.forget(after);
        return null;
      }
      throw e;
    }
  }

  private End end(Link link, Known known, String subject)
      throws IOException, JetStreamApiException {
    var end = known.at(link);
    return end == null ? read(link, known, subject) : end;
  }

  /** The end as the server has it. */
  private End read(Link link, Known known, String subject)
      throws IOException, JetStreamApiException {
    End end;
    try {
      var last = link.management().getLastMessage(subjects.stream(), subject);
      end = new End(link, head(last.getHeaders()), last.getSeq(), bytes(last.getData()));
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != NO_MESSAGE) {
        throw e;
      }
      end = new End(link, Head.NONE, 0, new byte[0]);
    }
    known.read(end);
    return end;
  }

  static Head head(@Nullable Headers headers) {
    var text = headers == null ? null : headers.getFirst(Head.HEADER);
    if (text == null) {
      throw new IllegalArgumentException("the message has no header " + Head.HEADER);
    }
    return Head.parse(text);
  }

  private static byte[] own(End end) {
    return own(end.head, bytes(end.data));
  }

  /** A publication's own envelope: what follows the one before. */
  static byte[] own(Head head, byte[] data) {
    return Arrays.copyOfRange(data, head.before(), data.length);
  }

  private static byte[] join(byte[] before, byte[] envelope) {
    var data = Arrays.copyOf(before, before.length + envelope.length);
    System.arraycopy(envelope, 0, data, before.length, envelope.length);
    return data;
  }

  private static byte[] bytes(byte @Nullable [] data) {
    return data == null ? new byte[0] : data;
  }

  private String name() {
    var letters = new byte[EPOCH_LETTERS];
    for (var i = 0; i < EPOCH_LETTERS; i++) {
      letters[i] = (byte) ('a' + random.nextInt(26));
    }
    return new String(letters, UTF_8);
  }
}
