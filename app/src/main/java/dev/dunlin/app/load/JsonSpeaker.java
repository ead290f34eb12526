package dev.dunlin.app.load;

import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The Centrifuge client protocol in JSON. Replies are told apart by how they begin, which is the
 * same in every server that writes the members in the order of the schema.
 */
final class JsonSpeaker implements Speaker {

  private static final byte[] PUSH = ascii("{\"push\":");
  private static final byte[] PUBLICATION = ascii("\"pub\":{");
  private static final byte[] DATA = ascii("\"data\":");
  private static final byte[] ERROR = ascii("\"error\":");
  private static final byte[] SUBSCRIBED = ascii("\"subscribe\":");
  private static final Data PONG = Text.of("{}");

  private final Payloads payloads;
  private final String token;
  private final String channel;
  private final byte[] between;
  private int id = 2;

  /**
   * A speaker.
   *
   * @param token may be empty
   * @param channel plain ASCII
   */
  JsonSpeaker(Payloads payloads, String token, String channel) {
    this.payloads = payloads;
    this.token = token;
    this.channel = channel;
    this.between = ascii(",\"publish\":{\"channel\":\"" + channel + "\",\"data\":");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public List<Data> opening() {
    return List.of(
        Text.of(
            "{\"id\":1,\"connect\":{"
                + (token.isEmpty() ? "" : "\"token\":\"" + token + "\",")
                + "\"name\":\"dunlin-bench\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\""
                + channel
                + "\"}}"));
  }

  @Override
  public Data publish(long number) {
    var out = new ByteArrayOutputStream(between.length + payloads.of(number).length + 24);
    out.writeBytes(ascii("{\"id\":" + ++id));
    out.writeBytes(between);
    out.writeBytes(payloads.of(number));
    out.write('}');
    out.write('}');
    return Text.of(ByteBuffer.wrap(out.toByteArray()));
  }

  @Override
  public void take(Data message, Heard heard) throws LoadException {
    var text = message.toByteArray();
    int begin = 0;
    while (begin < text.length) {
      int end = indexOf(text, begin, text.length, '\n');
      line(text, begin, end, heard);
      begin = end + 1;
    }
  }

  private void line(byte[] text, int begin, int end, Heard heard) throws LoadException {
    if (end - begin == 2) {
      heard.answer(PONG); // an empty reply is the server's ping
      return;
    }
    if (at(text, begin, end, PUSH)) {
      int publication = find(text, begin, end, PUBLICATION);
      if (publication >= 0) {
        publication(text, publication + PUBLICATION.length, end, heard);
      }
      return;
    }
    int members = indexOf(text, begin, end, ',') + 1;
    if (at(text, members, end, ERROR)) {
      throw new LoadException(
          "the server answers " + new String(text, begin, end - begin, StandardCharsets.UTF_8));
    }
    if (at(text, members, end, SUBSCRIBED)) {
      heard.ready();
    }
  }

  private void publication(byte[] text, int begin, int end, Heard heard) throws LoadException {
    int data = find(text, begin, end, DATA);
    long number = heard.expected();
    if (data < 0
        || !payloads.begins(
            ByteBuffer.wrap(text, data + DATA.length, end - data - DATA.length), number)) {
      throw new LoadException("publication " + number + " of a channel is not what was published");
    }
    heard.delivered();
  }

  private static boolean at(byte[] text, int begin, int end, byte[] what) {
    return end - begin >= what.length
        && java.util.Arrays.equals(text, begin, begin + what.length, what, 0, what.length);
  }

  private static int find(byte[] text, int begin, int end, byte[] what) {
    for (int i = begin; i <= end - what.length; i++) {
      if (text[i] == what[0] && at(text, i, end, what)) {
        return i;
      }
    }
    return -1;
  }

  /** Where the octet is, or the end. */
  private static int indexOf(byte[] text, int begin, int end, char octet) {
    int i = begin;
    while (i < end && text[i] != octet) {
      i++;
    }
    return i;
  }
}
