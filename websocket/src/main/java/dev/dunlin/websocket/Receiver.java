package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/**
 * What a {@link Connection} hands its owner. Called inside {@link Connection#receive}, on the
 * caller's thread, in wire order.
 */
@FunctionalInterface
public interface Receiver {

  /**
   * A whole message. {@link Data} may be a view that ends when this method returns; pings and
   * closes have been answered already. Must not throw: an owner that calls an application catches
   * what the application throws.
   */
  void onMessage(Message message);

  /**
   * A piece of a data message, for an owner that asked for {@linkplain Connection.Builder#streaming
   * streaming}: pieces come as they arrive, in order, instead of whole data messages.
   *
   * @param text whether the message is text; a piece may end inside a character
   * @param bytes the piece, possibly empty; valid until this method returns
   * @param last whether the message ends with this piece
   */
  default void onPart(boolean text, ByteBuffer bytes, boolean last) {}
}
