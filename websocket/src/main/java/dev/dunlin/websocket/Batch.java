package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages gathered for one {@link Connection#send(Batch)}, up to what its {@link Batching} allows.
 *
 * <p>It keeps their order, splits none of them, and with a joint never mixes text with binary.
 * Reusable: an event loop fills, sends and {@linkplain #clear clears} the same one for each of its
 * connections, and nothing is allocated then. It refers to what it was offered and copies nothing:
 * a view must still be valid when the batch is sent.
 *
 * <p>Confined to one thread at a time.
 */
public final class Batch {

  private final Batching batching;
  private final @Nullable Binary joint;
  private final boolean jointIsText;

  /** {@link Data} and {@link Prepared}, in order. */
  private final List<Object> pieces = new ArrayList<>();

  private int messages;
  private int size;

  /** Of all messages so far; {@link #MIXED} when there are both. */
  private int opcode;

  private boolean plain;

  static final int MIXED = -1;

  /** An empty batch. */
  public Batch(Batching batching) {
    this.batching = batching;
    this.joint = batching.joint().orElse(null);
    this.jointIsText = joint == null || Utf8.valid(joint.buffer(), joint.offset(), joint.size());
  }

  /**
   * Adds a message at the end.
   *
   * @return false if it does not fit: send the batch, clear it, and offer again. An empty batch
   *     takes any message, whatever its size
   */
  public boolean offer(Data message) {
    if (!fits(1, message.size(), Opcode.of(message))) {
      return false;
    }
    add(message, 1, message.size(), Opcode.of(message));
    return true;
  }

  /**
   * Adds all messages of a {@code Prepared} at the end, or none.
   *
   * @return false if they do not fit. An empty batch takes them, however many and large; if they
   *     are beyond the limits, they leave as several WebSocket messages within them
   */
  public boolean offer(Prepared prepared) {
    int count = prepared.messages().size();
    if (count == 0) {
      return true;
    }
    int joined = joinedSize(prepared.size(), count);
    if (!fits(count, joined, prepared.opcode())) {
      return false;
    }
    add(prepared, count, joined, prepared.opcode());
    plain |= prepared.plain();
    return true;
  }

  private int joinedSize(int bytes, int count) {
    return joint == null ? bytes : Math.addExact(bytes, (count - 1) * joint.size());
  }

  private boolean fits(int count, int bytes, int kind) {
    if (messages == 0) {
      return true;
    }
    if (joint != null && (kind != opcode || opcode == MIXED)) {
      return false;
    }
    long between = joint == null ? 0 : joint.size();
    return count <= batching.maxMessages() - messages
        && size + between + bytes <= batching.maxBytes();
  }

  private void add(Object piece, int count, int bytes, int kind) {
    if (kind != Opcode.BINARY && !jointIsText) {
      throw new IllegalArgumentException("a joint that is not UTF-8 cannot stand in text");
    }
    size += messages == 0 || joint == null ? bytes : joint.size() + bytes;
    opcode = messages == 0 || kind == opcode ? kind : MIXED;
    messages += count;
    pieces.add(piece);
  }

  /** Forgets the messages, for the next batch. */
  public void clear() {
    pieces.clear();
    messages = 0;
    size = 0;
    opcode = 0;
    plain = false;
  }

  /** How messages are gathered here. */
  public Batching batching() {
    return batching;
  }

  /** The payload bytes so far, joints included. */
  public int size() {
    return size;
  }

  /** The number of messages so far, those of a {@code Prepared} counted one by one. */
  public int messages() {
    return messages;
  }

  /** Whether a limit is reached: no further message would fit, except an empty one at times. */
  public boolean full() {
    return messages >= batching.maxMessages() || size >= batching.maxBytes();
  }

  /** Whether it must not be compressed, because a message in it must not. */
  boolean plain() {
    return plain;
  }

  @Nullable Binary joint() {
    return joint;
  }

  /** Text or binary: what the one WebSocket message of this batch is. */
  int opcode() {
    return opcode;
  }

  /** The {@code Prepared} that is this batch's only content, if there is one. */
  @Nullable Prepared lone() {
    return pieces.size() == 1 && pieces.get(0) instanceof Prepared prepared ? prepared : null;
  }

  /** The message that was offered as the i-th, where only single messages were. */
  Data message(int i) {
    return (Data) pieces.get(i);
  }

  /** Visits what was offered, in order. */
  void forEach(Consumer<Data> messages, Consumer<Prepared> shared) {
    for (int i = 0; i < pieces.size(); i++) {
      if (pieces.get(i) instanceof Prepared prepared) {
        shared.accept(prepared);
      } else {
        messages.accept((Data) pieces.get(i));
      }
    }
  }

  /** One message of a batch. */
  interface PieceVisitor {
    /** Visits a message, and the {@code Prepared} it belongs to with its place there. */
    void piece(Data message, @Nullable Prepared shared, int index);
  }

  /** Visits the messages in order, those of a {@code Prepared} one by one. */
  void forEachPiece(PieceVisitor visitor) {
    for (int i = 0; i < pieces.size(); i++) {
      if (pieces.get(i) instanceof Prepared prepared) {
        var shared = prepared.messages();
        for (int j = 0; j < shared.size(); j++) {
          visitor.piece(shared.get(j), prepared, j);
        }
      } else {
        visitor.piece((Data) pieces.get(i), null, 0);
      }
    }
  }

  /** Visits all {@link #size()} bytes: the messages in order, with the joints between them. */
  void forEachPayload(Consumer<Payload> visitor) {
    for (int i = 0; i < pieces.size(); i++) {
      if (i > 0 && joint != null) {
        visitor.accept(joint);
      }
      if (pieces.get(i) instanceof Prepared prepared) {
        var shared = prepared.messages();
        for (int j = 0; j < shared.size(); j++) {
          if (j > 0 && joint != null) {
            visitor.accept(joint);
          }
          visitor.accept(Payload.of(shared.get(j)));
        }
      } else {
        visitor.accept(Payload.of((Data) pieces.get(i)));
      }
    }
  }

  /** Puts all {@link #size()} bytes. */
  void put(ByteBuffer out) {
    forEachPayload(payload -> payload.put(out));
  }
}
