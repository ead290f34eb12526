package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One or several messages made ready for sending once, to be sent to any number of connections.
 *
 * <p>Framed once; compressed once per distinct set of parameters, when the first connection needs
 * it. Safe for use by all threads.
 */
public final class Prepared {

  private final List<Data> messages;
  private final int size;
  private @Nullable ByteBuffer frames;

  private Prepared(List<Data> messages) {
    this.messages = messages;
    int sum = 0;
    for (var message : messages) {
      sum = Math.addExact(sum, message.size());
    }
    this.size = sum;
  }

  /** One message. A view is copied. */
  public static Prepared of(Data message) {
    return new Prepared(List.of(message.copy()));
  }

  /** Several messages, in order. Views are copied. */
  public static Prepared of(List<Data> messages) {
    return new Prepared(messages.stream().map(Data::copy).toList());
  }

  /** The messages, in order; they own their bytes. */
  public List<Data> messages() {
    return messages;
  }

  /** The sum of the messages' payload sizes in bytes. */
  public int size() {
    return size;
  }

  /** The messages as a server's uncompressed frames: direct, read-only, shared. */
  synchronized ByteBuffer frames() {
    var known = frames;
    if (known == null) {
      var out =
          ByteBuffer.allocateDirect(size + messages.size() * FrameEncoder.MAX_SERVER_HEADER_BYTES);
      for (var message : messages) {
        int opcode = message instanceof Text ? Opcode.TEXT : Opcode.BINARY;
        FrameEncoder.header(out, FrameEncoder.first(opcode, true, false), message.size());
        out.put(message.bytes());
      }
      known = out.flip().asReadOnlyBuffer();
      frames = known;
    }
    return known;
  }
}
