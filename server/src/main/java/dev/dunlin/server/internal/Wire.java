package dev.dunlin.server.internal;

import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * The transport under one conversation: a socket, or a test's memory. All methods are called on the
 * conversation's lane; what they cause comes back as calls of {@link Conversation} on the lane,
 * never from inside them.
 */
public interface Wire {

  /** Sends the remaining bytes: at once as far as possible, a copy of the rest as it can. */
  void write(ByteBuffer bytes);

  /** Sends the remaining bytes, which nobody will change: the rest may be kept by reference. */
  void share(ByteBuffer bytes);

  /**
   * Whether more should be written now; {@link Conversation#writable} says when that is true again.
   */
  boolean writable();

  /** Bytes accepted that the operating system has not taken yet. */
  long pending();

  /** The memory that they take for this wire alone, not shared with others. */
  default long held() {
    return pending();
  }

  /** Bytes that the operating system has taken so far: stands still when the peer does not read. */
  long taken();

  /** Stops reading. */
  void pause();

  /** Reads again. */
  void resume();

  /** Ends the transport when what is pending has been written. */
  void close();

  /**
   * Says that nothing more will be sent, once what is pending has been written; what still arrives
   * is thrown away, so that no reset destroys what the peer has not read yet. Followed by {@link
   * #drop}, unless the peer ends first.
   */
  void linger();

  /** Ends the transport now. */
  void drop();

  /** The peer's address. */
  SocketAddress remoteAddress();
}
