package dev.dunlin.app.load;

import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Data;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The Centrifuge client protocol in Protobuf, as much of it as load needs. */
final class ProtobufSpeaker implements Speaker {

  private static final int VARINT = 0;
  private static final int BYTES = 2;

  // Field numbers of the protocol, by message.
  private static final int COMMAND_ID = 1;
  private static final int COMMAND_CONNECT = 4;
  private static final int COMMAND_SUBSCRIBE = 5;
  private static final int COMMAND_PUBLISH = 7;
  private static final int CONNECT_TOKEN = 1;
  private static final int CONNECT_NAME = 4;
  private static final int CHANNEL = 1;
  private static final int PUBLISH_DATA = 2;
  private static final int REPLY_ERROR = 2;
  private static final int REPLY_PUSH = 4;
  private static final int REPLY_SUBSCRIBE = 6;
  private static final int PUSH_PUBLICATION = 4;
  private static final int PUBLICATION_DATA = 4;
  private static final int ERROR_MESSAGE = 2;

  private static final Data PONG = Binary.of(new byte[] {0});

  private final Payloads payloads;
  private final String token;
  private final byte[] channel;
  private int id = 2;

  /**
   * A speaker.
   *
   * @param token may be empty
   */
  ProtobufSpeaker(Payloads payloads, String token, String channel) {
    this.payloads = payloads;
    this.token = token;
    this.channel = channel.getBytes(StandardCharsets.UTF_8);
  }

  /** A message that is being written. */
  private static final class Out {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);

    private Out varint(long value) {
      long rest = value;
      while (rest > 0x7f) {
        bytes.write((int) (rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      bytes.write((int) rest);
      return this;
    }

    Out number(int field, long value) {
      return varint((long) field << 3 | VARINT).varint(value);
    }

    Out bytes(int field, byte[] value) {
      varint((long) field << 3 | BYTES).varint(value.length).bytes.writeBytes(value);
      return this;
    }

    byte[] done() {
      return bytes.toByteArray();
    }

    /** Behind its length, as messages stand one after the other in a frame. */
    Out delimited(byte[] message) {
      varint(message.length).bytes.writeBytes(message);
      return this;
    }
  }

  private static byte[] command(int id, int field, Out request) {
    return new Out().number(COMMAND_ID, id).bytes(field, request.done()).done();
  }

  @Override
  public List<Data> opening() {
    var connect = new Out();
    if (!token.isEmpty()) {
      connect.bytes(CONNECT_TOKEN, token.getBytes(StandardCharsets.US_ASCII));
    }
    connect.bytes(CONNECT_NAME, "dunlin-bench".getBytes(StandardCharsets.US_ASCII));
    return List.of(
        Binary.of(
            new Out()
                .delimited(command(1, COMMAND_CONNECT, connect))
                .delimited(command(2, COMMAND_SUBSCRIBE, new Out().bytes(CHANNEL, channel)))
                .done()));
  }

  @Override
  public Data publish(long number) {
    var request = new Out().bytes(CHANNEL, channel).bytes(PUBLISH_DATA, payloads.of(number));
    return Binary.of(new Out().delimited(command(++id, COMMAND_PUBLISH, request)).done());
  }

  @Override
  public void take(Data message, Heard heard) throws LoadException {
    var bytes = ByteBuffer.wrap(message.toByteArray());
    while (bytes.hasRemaining()) {
      reply(piece(bytes), heard);
    }
  }

  private void reply(ByteBuffer reply, Heard heard) throws LoadException {
    if (!reply.hasRemaining()) {
      heard.answer(PONG); // an empty reply is the server's ping
      return;
    }
    while (reply.hasRemaining()) {
      long tag = varint(reply);
      if ((tag & 7) != BYTES) {
        skip(reply, tag);
        continue;
      }
      var value = piece(reply);
      switch ((int) (tag >>> 3)) {
        case REPLY_ERROR ->
            throw new LoadException(
                "the server answers with an error: "
                    + StandardCharsets.UTF_8.decode(field(value, ERROR_MESSAGE)));
        case REPLY_SUBSCRIBE -> heard.ready();
        case REPLY_PUSH -> {
          var publication = field(value, PUSH_PUBLICATION);
          if (publication.hasRemaining()) {
            publication(field(publication, PUBLICATION_DATA), heard);
          }
        }
        default -> {} // the answer to a connect or a publish
      }
    }
  }

  private void publication(ByteBuffer data, Heard heard) throws LoadException {
    long number = heard.expected();
    if (data.remaining() != payloads.of(number).length || !payloads.begins(data, number)) {
      throw new LoadException("publication " + number + " of a channel is not what was published");
    }
    heard.delivered();
  }

  /** The bytes of a field, or none. */
  private static ByteBuffer field(ByteBuffer message, int field) throws LoadException {
    while (message.hasRemaining()) {
      long tag = varint(message);
      if ((tag & 7) == BYTES) {
        var value = piece(message);
        if (tag >>> 3 == field) {
          return value;
        }
      } else {
        skip(message, tag);
      }
    }
    return ByteBuffer.allocate(0);
  }

  private static void skip(ByteBuffer message, long tag) throws LoadException {
    if ((tag & 7) != VARINT) {
      throw new LoadException("the server sends a field of an unknown kind");
    }
    var unused = varint(message);
  }

  private static ByteBuffer piece(ByteBuffer message) throws LoadException {
    long size = varint(message);
    if (size < 0 || size > message.remaining()) {
      throw new LoadException("the server sends a message that is cut off");
    }
    var piece = message.slice(message.position(), (int) size);
    message.position(message.position() + (int) size);
    return piece;
  }

  private static long varint(ByteBuffer message) throws LoadException {
    long value = 0;
    for (int shift = 0; shift < 64 && message.hasRemaining(); shift += 7) {
      byte octet = message.get();
      value |= (octet & 0x7fL) << shift;
      if (octet >= 0) {
        return value;
      }
    }
    throw new LoadException("the server sends a message that is cut off");
  }
}
