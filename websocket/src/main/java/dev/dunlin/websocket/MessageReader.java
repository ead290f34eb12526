package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Turns the frames of a peer into messages: unmasks, gathers fragments, inflates, checks text octet
 * by octet as it arrives. It lends what it hands over, for the duration of one call.
 */
final class MessageReader extends Payload.Lender {

  private final Connection connection;
  private final FrameDecoder decoder;
  private final boolean streaming;

  /** Present while a message arrives in pieces. */
  private @Nullable Assembler assembler;

  /** The payload of a control frame that arrives in pieces. */
  private @Nullable ByteBuffer controlPayload;

  /** What gathers counts against this, if anything, and how much does. */
  private @Nullable ByteBudget budget;

  private int charged;

  MessageReader(
      Connection connection, FrameDecoder decoder, boolean streaming, @Nullable ByteBudget budget) {
    this.budget = budget;
    this.connection = connection;
    this.decoder = decoder;
    this.streaming = streaming;
  }

  /** Whether the peer is in the middle of sending a frame. */
  boolean midFrame() {
    return decoder.midFrame();
  }

  /** Nothing more will be read: lets go of what has gathered. */
  void forget() {
    assembler = null;
    controlPayload = null;
    discharge();
  }

  /** From now on nothing counts against the budget. */
  void unbudgeted() {
    discharge();
    budget = null;
  }

  /** Counts before memory is taken. */
  private void charge(int bytes) throws ProtocolViolation {
    var shared = budget;
    if (shared != null && bytes > 0) {
      if (!shared.take(bytes)) {
        throw new ProtocolViolation(
            CloseCode.TRY_AGAIN_LATER, "too much has arrived from peers that are not known yet");
      }
      charged += bytes;
    }
  }

  private void discharge() {
    if (charged > 0 && budget != null) {
      budget.give(charged);
      charged = 0;
    }
  }

  /** Takes what arrived, as long as the connection wants it. */
  void read(ByteBuffer in) throws ProtocolViolation {
    while (connection.reading()) {
      if (!decoder.inFrame() && !(in.hasRemaining() && decoder.header(in))) {
        return;
      }
      if (decoder.inFrame() && !payload(in)) {
        return;
      }
    }
  }

  /** Takes payload bytes of the current frame; says whether the frame is over. */
  private boolean payload(ByteBuffer in) throws ProtocolViolation {
    int count = (int) Math.min(in.remaining(), decoder.remaining());
    int at = in.position();
    boolean ascii = false;
    if (connection.role() == Role.SERVER && count > 0) {
      ascii = Mask.apply(in, at, count, decoder.maskKey(), decoder.phase());
    }
    in.position(at + count);
    boolean control = Opcode.control(decoder.opcode());
    decoder.take(count);
    boolean frameEnds = !decoder.inFrame();
    if (frameEnds) {
      connection.tally().frameReceived();
    }
    if (control) {
      control(in, at, count, frameEnds);
    } else if (streaming) {
      part(in, at, count, frameEnds, ascii);
    } else {
      data(in, at, count, frameEnds, ascii);
    }
    return frameEnds;
  }

  // ---- messages that are handed over whole

  private void data(ByteBuffer in, int at, int count, boolean frameEnds, boolean ascii)
      throws ProtocolViolation {
    boolean messageEnds = frameEnds && decoder.fin();
    var gathered = assembler;
    if (messageEnds && gathered == null) {
      whole(in, at, count, ascii);
      return;
    }
    if (gathered == null) {
      gathered = new Assembler();
      assembler = gathered;
    }
    if (decoder.messageOpcode() == Opcode.TEXT && !decoder.compressed()) {
      checkText(gathered, in, at, count, ascii);
    }
    charge(gathered.growth(count));
    gathered.append(in, at, count);
    if (messageEnds) {
      assembled(gathered);
      discharge();
    }
  }

  private static void checkText(Assembler gathered, ByteBuffer in, int at, int count, boolean ascii)
      throws ProtocolViolation {
    // ASCII between characters needs no second look
    if (!(ascii && gathered.textMayEnd())) {
      gathered.checkText(in, at, count);
    }
  }

  /** A message in one piece: handed over as a view of the receive buffer. */
  private void whole(ByteBuffer in, int at, int count, boolean ascii) throws ProtocolViolation {
    boolean text = decoder.messageOpcode() == Opcode.TEXT;
    if (decoder.compressed()) {
      decoder.messageEnd();
      inflated(text, in.slice(at, count));
      return;
    }
    if (text && !ascii && !Utf8.valid(in, at, count)) {
      throw ProtocolViolation.notUtf8();
    }
    decoder.messageEnd();
    lend(text, in, at, count);
  }

  private void assembled(Assembler gathered) throws ProtocolViolation {
    boolean text = decoder.messageOpcode() == Opcode.TEXT;
    boolean compressed = decoder.compressed();
    decoder.messageEnd();
    assembler = null;
    if (!compressed && text && !gathered.textMayEnd()) {
      throw ProtocolViolation.notUtf8();
    }
    var all = gathered.take();
    if (compressed) {
      inflated(text, all);
    } else {
      hand(text ? Text.trusted(all, 0, all.limit()) : Binary.trusted(all, 0, all.limit()));
    }
  }

  private void inflated(boolean text, ByteBuffer compressed) throws ProtocolViolation {
    var extension = connection.deflate();
    var shared = connection.context();
    if (extension == null || shared == null) {
      throw new IllegalStateException("a compressed message without an agreed extension");
    }
    int limit = connection.limits().maxMessageBytes();
    int size = extension.inflate(compressed, limit, shared);
    if (size == PerMessageDeflate.TOO_BIG) {
      throw ProtocolViolation.tooBig(limit);
    }
    if (size == PerMessageDeflate.INVALID) {
      throw new ProtocolViolation(CloseCode.INVALID_DATA, "compressed data is not valid");
    }
    connection.tally().compressedReceived();
    var plain = shared.inflated().view();
    if (text && !Utf8.valid(plain, 0, size)) {
      throw ProtocolViolation.notUtf8();
    }
    lend(text, plain, 0, size);
    shared.trim();
  }

  private void lend(boolean text, ByteBuffer bytes, int offset, int size) {
    hand(text ? new Text(bytes, offset, size, this) : new Binary(bytes, offset, size, this));
    turn++;
  }

  private void hand(Data message) {
    connection.tally().payloadReceived(1, message.size());
    connection.message(message);
  }

  // ---- messages that are handed over in pieces

  private void part(ByteBuffer in, int at, int count, boolean frameEnds, boolean ascii)
      throws ProtocolViolation {
    boolean text = decoder.messageOpcode() == Opcode.TEXT;
    boolean last = frameEnds && decoder.fin();
    if (text) {
      var state = assembler;
      if (state == null) {
        state = new Assembler();
        assembler = state;
      }
      checkText(state, in, at, count, ascii);
      if (last && !state.textMayEnd()) {
        throw ProtocolViolation.notUtf8();
      }
    }
    if (last) {
      decoder.messageEnd();
      assembler = null;
    }
    connection.tally().payloadReceived(last ? 1 : 0, count);
    if (count > 0 || last) {
      connection.part(text, in.slice(at, count), last);
    }
  }

  // ---- control frames

  private void control(ByteBuffer in, int at, int count, boolean frameEnds)
      throws ProtocolViolation {
    var held = controlPayload;
    if (held == null && frameEnds) {
      connection.control(decoder.opcode(), in.slice(at, count));
      return;
    }
    if (held == null) {
      held = ByteBuffer.allocate(ControlPayload.MAX_BYTES);
      controlPayload = held;
    }
    held.put(held.position(), in, at, count).position(held.position() + count);
    if (frameEnds) {
      controlPayload = null;
      connection.control(decoder.opcode(), held.flip());
    }
  }
}
