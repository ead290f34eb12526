package dev.dunlin.centrifuge;

import dev.dunlin.websocket.Batching;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One of the protocol's two encodings. Stateless, for any thread. What is decoded owns its bytes;
 * the input is neither moved nor kept. Memory and time are bounded by the size of the input, stack
 * by constants.
 */
sealed interface Codec permits JsonCodec, ProtobufCodec {

  /** A payload that is not there. */
  ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /**
   * The commands of one transport message, in order; at least one.
   *
   * @throws BadCommandException if any part of the message is not of the protocol
   */
  List<Command> decode(ByteBuffer message) throws BadCommandException;

  /** A reply, ready to be joined with others to a message. */
  byte[] encode(Reply reply);

  /** A push, ready to be joined with others to a message. */
  byte[] encode(Push push);

  /** The ping of the protocol: an empty reply, ready to be joined with others. */
  byte[] ping();

  /** How encoded replies and pushes are joined to messages; one for all connections. */
  Batching batching();
}
