package dev.dunlin.centrifuge;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import dev.dunlin.websocket.Batching;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The Protobuf encoding: each message behind its length as a varint. Reading is in {@link
 * ProtobufRequests}, writing in {@link ProtobufReplies}.
 */
final class ProtobufCodec implements Codec {

  private static final Batching BATCHING = Batching.defaults().joint("");

  static final ProtobufCodec INSTANCE = new ProtobufCodec();

  /** Envelope, map of subscriptions and a tags filter; unknown groups count as well. */
  private static final int MAX_DEPTH = TagsFilter.MAX_DECODED_DEPTH + 8;

  private ProtobufCodec() {}

  @Override
  public List<Command> decode(ByteBuffer message) throws BadCommandException {
    byte[] bytes = Bytes.array(message);
    var commands = new ArrayList<Command>(1);
    int at = 0;
    do {
      // The length is compared with what is there before anything is allocated for it.
      long length = 0;
      int shift = 0;
      byte b;
      do {
        if (at == bytes.length || shift > 28) {
          throw new BadCommandException("no length before a command");
        }
        b = bytes[at++];
        length |= (b & 0x7fL) << shift;
        shift += 7;
      } while (b < 0);
      if (length > bytes.length - at) {
        throw new BadCommandException("a command is longer than its message");
      }
      if (length == 0) {
        commands.add(Command.PONG);
      } else {
        commands.add(
            ProtobufRequests.command(
                parse(dev.dunlin.centrifuge.wire.Command.parser(), bytes, at, (int) length)));
      }
      at += (int) length;
    } while (at < bytes.length);
    return commands;
  }

  private static <T> T parse(Parser<T> parser, byte[] bytes, int offset, int length)
      throws BadCommandException {
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes, offset, length).newCodedInput();
      in.enableAliasing(true); // payloads are copied once, when they leave this package's hands
      in.setRecursionLimit(MAX_DEPTH);
      T message = parser.parsePartialFrom(in, ExtensionRegistryLite.getEmptyRegistry());
      in.checkLastTagWas(0);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new BadCommandException("not well-formed Protobuf");
    }
  }

  @Override
  public byte[] encode(Reply reply) {
    try {
      return ProtobufReplies.encode(reply);
    } catch (IOException e) {
      throw new AssertionError("writing into an array of the computed size", e);
    }
  }

  @Override
  public byte[] encode(Push push) {
    try {
      return ProtobufReplies.encode(push);
    } catch (IOException e) {
      throw new AssertionError("writing into an array of the computed size", e);
    }
  }

  @Override
  public byte[] ping() {
    return new byte[] {0};
  }

  @Override
  public Batching batching() {
    return BATCHING;
  }
}
