package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import java.util.Arrays;

/**
 * What travels over a Redis channel: a line of words, then bytes.
 *
 * <pre>
 * p OFFSET EPOCH TIME LENGTH   a publication; the epoch is "-" if it is in no stream. The envelope
 *                              before it follows, LENGTH bytes of it, then its own
 * j                            somebody joined; the client's envelope follows
 * l                            somebody left
 * </pre>
 *
 * <p>Later releases may add words at the end and other first words: both are passed over.
 */
final class Frame {

  private Frame() {}

  /** A publication that is in no stream; those that are in one are put together by the script. */
  static byte[] publication(byte[] envelope, long time) {
    return join("p 0 - " + time + " 0\n", envelope);
  }

  static byte[] joined(ClientInfo info) {
    return join("j\n", Envelope.of(info));
  }

  static byte[] left(ClientInfo info) {
    return join("l\n", Envelope.of(info));
  }

  private static byte[] join(String header, byte[] bytes) {
    var frame = Arrays.copyOf(header.getBytes(UTF_8), header.length() + bytes.length);
    System.arraycopy(bytes, 0, frame, header.length(), bytes.length);
    return frame;
  }

  /**
   * Hands over what is in a frame.
   *
   * @throws IllegalArgumentException if it cannot be read
   */
  static void deliver(String channel, byte[] frame, Broker.Sink sink) {
    var end = 0;
    while (end < frame.length && frame[end] != '\n') {
      end++;
    }
    if (end == frame.length) {
      throw new IllegalArgumentException("a frame begins with a line");
    }
    var words = new String(frame, 0, end, UTF_8).split(" ", -1);
    var begin = end + 1;
    switch (words[0]) {
      case "p" -> publication(channel, words, frame, begin, sink);
      case "j" -> sink.join(channel, Envelope.info(rest(frame, begin)));
      case "l" -> sink.leave(channel, Envelope.info(rest(frame, begin)));
      default -> {} // of a later release
    }
  }

  private static void publication(
      String channel, String[] words, byte[] frame, int begin, Broker.Sink sink) {
    if (words.length < 5) {
      throw new IllegalArgumentException("a publication's line has five words or more");
    }
    var offset = Long.parseLong(words[1]);
    var epoch = words[2].equals("-") ? "" : words[2];
    var before = Integer.parseInt(words[4]);
    if (before < 0 || before > frame.length - begin) {
      throw new IllegalArgumentException("a frame of " + frame.length + " bytes cannot be so cut");
    }
    var own = begin + before;
    var publication =
        Envelope.publication(channel, rest(frame, own))
            .position(offset, epoch)
            .time(Long.parseLong(words[3]));
    if (before > 0) {
      publication.previousData(Envelope.data(Arrays.copyOfRange(frame, begin, own)));
    }
    sink.publication(publication.build());
  }

  private static byte[] rest(byte[] frame, int begin) {
    return Arrays.copyOfRange(frame, begin, frame.length);
  }
}
