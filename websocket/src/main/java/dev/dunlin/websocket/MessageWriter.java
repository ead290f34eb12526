package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages as frames into the sink: compressed as agreed, masked in the client role, counted.
 * Whether anything may still be sent is the connection's business.
 */
final class MessageWriter {

  private final Sink sink;

  /** Where a client's mask keys come from; null in the server role, which masks nothing. */
  private final @Nullable RandomGenerator masks;

  private final @Nullable PerMessageDeflate deflate;
  private final @Nullable DeflateContext context;
  private final Tally tally;

  /** In the middle of a message that is sent in parts, and whether those are compressed. */
  private boolean inParts;

  private boolean compressingParts;

  MessageWriter(
      Sink sink,
      @Nullable RandomGenerator masks,
      @Nullable PerMessageDeflate deflate,
      @Nullable DeflateContext context,
      Tally tally) {
    this.sink = sink;
    this.masks = masks;
    this.deflate = deflate;
    this.context = context;
    this.tally = tally;
  }

  @Nullable PerMessageDeflate deflate() {
    return deflate;
  }

  @Nullable DeflateContext context() {
    return context;
  }

  // ---- frames

  /** A control frame. */
  void control(int opcode, ByteBuffer payload) {
    frame(FrameEncoder.first(opcode, true, false), payload);
  }

  private void frame(int first, ByteBuffer payload) {
    frame(first, payload, payload.position(), payload.remaining(), true);
  }

  private void frame(int first, ByteBuffer payload, int offset, int size, boolean mayChange) {
    tally.framesSent(1, FrameEncoder.frameBytes(size, masks != null));
    if (masks != null) {
      FrameEncoder.masked(sink, first, payload, offset, size, masks);
    } else {
      FrameEncoder.frame(sink, first, payload, offset, size, mayChange);
    }
  }

  private void compressed(int opcode, boolean fin, boolean begins, Scratch bytes) {
    tally.compressedSent(1);
    frame(FrameEncoder.first(opcode, fin, begins), bytes.view());
  }

  // ---- single messages

  void send(Data message) {
    send(message, false);
  }

  private void send(Data message, boolean plain) {
    requireNoParts();
    tally.payloadSent(1, message.size());
    int opcode = Opcode.of(message);
    if (deflate != null && context != null && !plain) {
      var bytes = deflate.deflate(message, context);
      if (bytes != null) {
        compressed(opcode, true, true, bytes);
        context.trim();
        return;
      }
    }
    var payload = Payload.of(message);
    frame(
        FrameEncoder.first(opcode, true, false),
        payload.buffer(),
        payload.offset(),
        payload.size(),
        payload.lent());
  }

  /** Sends a piece of a message as a fragment. */
  void part(boolean text, ByteBuffer part, boolean last) {
    boolean begins = !inParts;
    if (begins) {
      compressingParts = deflate != null && deflate.worthwhile(part.remaining());
    }
    inParts = !last;
    tally.payloadSent(last ? 1 : 0, part.remaining());
    int opcode = !begins ? Opcode.CONTINUATION : text ? Opcode.TEXT : Opcode.BINARY;
    if (compressingParts && deflate != null && context != null) {
      // RFC 7692, 6.1: the first fragment alone says that the message is compressed
      compressed(opcode, last, begins, deflate.piece(part, last, context));
      context.trim();
    } else {
      frame(FrameEncoder.first(opcode, last, false), part);
    }
  }

  private void requireNoParts() {
    if (inParts) {
      throw new IllegalStateException("a message that is sent in parts is not complete");
    }
  }

  // ---- messages that others share

  void send(Prepared prepared) {
    var encoding = encoding(prepared);
    if (encoding == null) {
      prepared.messages().forEach(message -> send(message, prepared.plain()));
    } else {
      share(prepared, encoding);
    }
  }

  private void share(Prepared prepared, Prepared.Encoding encoding) {
    requireNoParts();
    tally.payloadSent(prepared.messages().size(), prepared.size());
    tally.framesSent(encoding.frames(), encoding.bytes().remaining());
    tally.compressedSent(encoding.compressed());
    sink.share(encoding.bytes());
  }

  /** The frames that all connections with the same parameters share; null if this one does not. */
  Prepared.@Nullable Encoding encoding(Prepared prepared) {
    if (!sharing()) {
      return null;
    }
    if (deflate == null || context == null) {
      return prepared.frames();
    }
    var encoding = prepared.frames(deflate, context);
    context.trim();
    return encoding;
  }

  /** The same, joined as far as the batching allows. */
  Prepared.@Nullable Encoding encoding(Prepared prepared, Batching batching) {
    if (batching.joint().isEmpty()) {
      return encoding(prepared);
    }
    if (!sharing()) {
      return null;
    }
    if (deflate == null || context == null) {
      return prepared.frames(batching);
    }
    var encoding = prepared.frames(batching, deflate, context);
    context.trim();
    return encoding;
  }

  private boolean sharing() {
    return masks == null && (deflate == null || deflate.shares());
  }

  // ---- batches

  void send(Batch batch) {
    requireNoParts();
    var lone = batch.lone();
    if (batch.joint() == null) {
      batch.forEach(this::send, this::send);
    } else if (lone != null) {
      joined(lone, batch.batching());
    } else if (batch.messages() > 0) {
      joined(batch, batch.plain());
    }
  }

  /** Messages that may be more than one batch holds. */
  private void joined(Prepared prepared, Batching batching) {
    var encoding = encoding(prepared, batching);
    if (encoding != null) {
      if (encoding.frames() < prepared.messages().size()) {
        tally.batchSent();
      }
      share(prepared, encoding);
      return;
    }
    var group = new Batch(batching);
    for (var message : prepared.messages()) {
      if (!group.offer(message)) {
        joined(group, prepared.plain());
        group.clear();
        group.offer(message);
      }
    }
    joined(group, prepared.plain());
  }

  private void joined(Batch batch, boolean plain) {
    int opcode = batch.opcode();
    tally.payloadSent(batch.messages(), batch.size());
    if (batch.messages() > 1) {
      tally.batchSent();
    }
    if (deflate != null && context != null && !plain) {
      var bytes = deflate.deflate(batch, context);
      if (bytes != null) {
        compressed(opcode, true, true, bytes);
        context.trim();
        return;
      }
    }
    int first = FrameEncoder.first(opcode, true, false);
    int size = batch.size();
    if (masks != null) {
      var gathered = ByteBuffer.allocate(size);
      batch.put(gathered);
      frame(first, gathered.flip());
    } else {
      var out = sink.room(FrameEncoder.MAX_SERVER_HEADER_BYTES + size);
      FrameEncoder.header(out, first, size);
      batch.put(out);
      tally.framesSent(1, FrameEncoder.frameBytes(size, false));
    }
  }
}
