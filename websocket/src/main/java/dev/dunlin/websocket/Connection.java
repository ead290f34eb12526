package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket connection after its handshake, as a state machine: bytes in, messages out, and the
 * other way round (RFC 6455, 5 to 7; RFC 7692).
 *
 * <p>It knows no socket, thread or clock. The owner feeds it what arrived ({@link #receive}), gets
 * messages through its {@link Receiver}, finds what is to be sent in its {@link Sink}, tells it the
 * time ({@link #tick}, no later than {@link #deadline}) and, once {@link #finished}, flushes and
 * ends the transport: a server at once, a client when the server has. Pings and closes are answered
 * here. Whatever a peer sends, nothing is thrown: a violation becomes a close frame and the story
 * in {@link #closed}.
 *
 * <p>Confined to one thread at a time. Times are nanoseconds of one monotonic clock.
 *
 * <p>Part of the advanced API: programs use sessions.
 */
public final class Connection {

  private static final int PING_PAYLOAD_BYTES = 8;
  private static final int MAX_REASON_BYTES = ControlPayload.MAX_BYTES - 2;
  private static final long NEVER = Long.MAX_VALUE;
  private static final long SECOND = 1_000_000_000L;

  private final Role role;
  private final Limits limits;
  private final Receiver receiver;
  private final Sink sink;
  private final RandomGenerator random;
  private final @Nullable PerMessageDeflate deflate;
  private final @Nullable DeflateContext context;
  private final boolean streaming;
  private final boolean patient;
  private final Tally tally;
  private final FrameDecoder decoder;
  private final Payload.Lender lender = new Payload.Lender();

  /** Present while a message arrives in pieces. */
  private @Nullable Assembler assembler;

  /** The payload of a control frame that arrives in pieces. */
  private @Nullable ByteBuffer controlPayload;

  private boolean paused;

  /** What is still to be said to a peer that has ended it, once the owner is ready. */
  private @Nullable Close answer;

  private String answerDetail = "";
  private boolean sendingParts;
  private @Nullable Close sent;
  private @Nullable Close received;
  private @Nullable Closed closed;
  private Closed.Cause closeCause = Closed.Cause.LOCAL;

  private long now;
  private long pingAt;
  private long pongBy = NEVER;
  private long closeBy = NEVER;
  private long pingNonce;
  private long pingSentAt;
  private long roundTripNanos = -1;
  private long controlSecond;
  private int controlFrames;

  private Connection(Builder builder, Receiver receiver, Sink sink, long now) {
    this.role = builder.role;
    this.limits = builder.limits;
    this.receiver = receiver;
    this.sink = sink;
    this.random = builder.random;
    this.deflate = builder.deflate;
    this.context = builder.context;
    this.streaming = builder.streaming;
    this.patient = builder.patient;
    this.tally = builder.tally == null ? new Tally() : builder.tally;
    this.decoder = new FrameDecoder(role, deflate != null, limits);
    this.now = now;
    this.controlSecond = now;
    this.pingAt = nextPing(now);
  }

  /** What connections have in common; reusable. */
  public static final class Builder {
    private final Role role;
    private final RandomGenerator random;
    private Limits limits = Limits.defaults();
    private @Nullable PerMessageDeflate deflate;
    private @Nullable DeflateContext context;
    private boolean streaming;
    private boolean patient;
    private @Nullable Tally tally;

    private Builder(Role role, RandomGenerator random) {
      this.role = role;
      this.random = random;
    }

    /** The limits; {@link Limits#defaults()} unless set. */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /**
     * The compression that the handshake agreed on and the context of the thread that runs the
     * connection.
     */
    public Builder compression(PerMessageDeflate deflate, DeflateContext context) {
      this.deflate = deflate;
      this.context = context;
      return this;
    }

    /**
     * Data messages are handed over in pieces ({@link Receiver#onPart}) and never held whole.
     * Excludes compression.
     */
    public Builder streaming() {
      this.streaming = true;
      return this;
    }

    /**
     * When the peer closes or breaks the protocol, the close frame waits until the owner has sent
     * what answers earlier messages: {@link Connection#ending()} turns true, and the owner calls
     * {@link Connection#conclude}, or it happens by itself after {@link Limits#closeHandshake()}.
     */
    public Builder patient() {
      this.patient = true;
      return this;
    }

    /** Where the connection counts what it sends and receives: that of its thread. */
    public Builder tally(Tally tally) {
      this.tally = tally;
      return this;
    }

    /** A connection that opens at {@code now}. */
    public Connection open(Receiver receiver, Sink sink, long now) {
      if (streaming && deflate != null) {
        throw new IllegalStateException("a streaming connection cannot agree to compression");
      }
      return new Connection(this, receiver, sink, now);
    }
  }

  /**
   * A builder for connections in a role.
   *
   * @param random where ping jitter and, in the client role, mask keys come from; a client's must
   *     be unpredictable (RFC 6455, 10.3)
   */
  public static Builder builder(Role role, RandomGenerator random) {
    return new Builder(role, random);
  }

  // ---- receiving

  /**
   * Takes what arrived. The buffer is read to its end, except when {@link #pause} was called
   * meanwhile: the rest must then be offered again after {@link #resume}. Masked payloads are
   * unmasked in place, so the buffer must be writable; it is not kept.
   */
  public void receive(ByteBuffer in, long now) {
    this.now = now;
    int before = in.position();
    try {
      while (receiving() && !paused) {
        if (!decoder.inFrame() && !(in.hasRemaining() && decoder.header(in))) {
          break;
        }
        if (decoder.inFrame() && !payload(in)) {
          break;
        }
      }
    } catch (ProtocolViolation violation) {
      fail(violation.code(), violation.sentence());
    }
    if (!receiving()) {
      in.position(in.limit());
      assembler = null;
      controlPayload = null;
    }
    tally.bytesReceived(in.position() - before);
  }

  private boolean receiving() {
    return received == null && answer == null && closed == null;
  }

  /** Takes payload bytes of the current frame; says whether the frame is over. */
  private boolean payload(ByteBuffer in) throws ProtocolViolation {
    int count = (int) Math.min(in.remaining(), decoder.remaining());
    int at = in.position();
    boolean ascii = false;
    if (role == Role.SERVER && count > 0) {
      ascii = Mask.apply(in, at, count, decoder.maskKey(), decoder.phase());
    }
    in.position(at + count);
    boolean control = Opcode.control(decoder.opcode());
    decoder.take(count);
    boolean frameEnds = !decoder.inFrame();
    if (frameEnds) {
      tally.frameReceived();
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
    gathered.append(in, at, count);
    if (messageEnds) {
      assembled(gathered);
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
    var extension = deflate;
    var shared = context;
    if (extension == null || shared == null) {
      throw new IllegalStateException("a compressed message without an agreed extension");
    }
    int size = extension.inflate(compressed, limits.maxMessageBytes(), shared);
    if (size == PerMessageDeflate.TOO_BIG) {
      throw ProtocolViolation.tooBig(limits.maxMessageBytes());
    }
    if (size == PerMessageDeflate.INVALID) {
      throw new ProtocolViolation(CloseCode.INVALID_DATA, "compressed data is not valid");
    }
    tally.compressedReceived();
    var plain = shared.inflated().view();
    if (text && !Utf8.valid(plain, 0, size)) {
      throw ProtocolViolation.notUtf8();
    }
    lend(text, plain, 0, size);
    shared.trim();
  }

  private void lend(boolean text, ByteBuffer bytes, int offset, int size) {
    hand(text ? new Text(bytes, offset, size, lender) : new Binary(bytes, offset, size, lender));
    lender.turn++;
  }

  /** Messages that arrive after this side has closed are dropped: the application has left. */
  private void hand(Data message) {
    tally.payloadReceived(1, message.size());
    if (sent == null) {
      receiver.onMessage(message);
    }
  }

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
    tally.payloadReceived(last ? 1 : 0, count);
    if (sent == null && (count > 0 || last)) {
      receiver.onPart(text, in.slice(at, count), last);
    }
  }

  // ---- control frames

  private void control(ByteBuffer in, int at, int count, boolean frameEnds)
      throws ProtocolViolation {
    ByteBuffer payload;
    var held = controlPayload;
    if (held == null && frameEnds) {
      payload = in.slice(at, count);
    } else {
      if (held == null) {
        held = ByteBuffer.allocate(ControlPayload.MAX_BYTES);
        controlPayload = held;
      }
      held.put(held.position(), in, at, count).position(held.position() + count);
      if (!frameEnds) {
        return;
      }
      controlPayload = null;
      payload = held.flip();
    }
    int opcode = decoder.opcode();
    if (opcode == Opcode.CLOSE) {
      closeReceived(payload);
      return;
    }
    countControlFrame();
    if (opcode == Opcode.PING) {
      var ping = new Ping(payload);
      if (sent == null) {
        write(FrameEncoder.first(Opcode.PONG, true, false), ping.payload());
        receiver.onMessage(ping);
      }
    } else {
      var pong = new Pong(payload);
      pongReceived(pong.payload());
      if (sent == null) {
        receiver.onMessage(pong);
      }
    }
  }

  private void countControlFrame() throws ProtocolViolation {
    if (now - controlSecond >= SECOND) {
      controlSecond = now;
      controlFrames = 0;
    }
    if (++controlFrames > limits.maxControlFramesPerSecond()) {
      throw new ProtocolViolation(
          CloseCode.POLICY_VIOLATION,
          "more than " + limits.maxControlFramesPerSecond() + " control frames in a second");
    }
  }

  private void closeReceived(ByteBuffer payload) throws ProtocolViolation {
    var close = parseClose(payload);
    received = close;
    var complete = "the close handshake is complete";
    if (sent == null) {
      closeCause = Closed.Cause.PEER;
      // RFC 6455, 5.5.1: the answer typically echoes the code
      end(Close.of(close.code()), complete);
      receiver.onMessage(close);
    } else {
      finish(closeCause, complete);
    }
  }

  private static Close parseClose(ByteBuffer payload) throws ProtocolViolation {
    int size = payload.remaining();
    if (size == 0) {
      return Close.EMPTY;
    }
    // RFC 6455, 5.5.1: a body begins with a two-octet code
    if (size == 1) {
      throw ProtocolViolation.protocolError("a close frame has half a code");
    }
    int first = payload.position();
    var code = CloseCode.of(((payload.get(first) & 0xff) << 8) | (payload.get(first + 1) & 0xff));
    if (!code.sendable()) {
      throw ProtocolViolation.protocolError("close code " + code + " cannot be sent");
    }
    if (!Utf8.valid(payload, first + 2, size - 2)) {
      throw new ProtocolViolation(CloseCode.INVALID_DATA, "a close reason is not UTF-8");
    }
    var reason = new byte[size - 2];
    payload.get(first + 2, reason);
    return new Close(code, new String(reason, StandardCharsets.UTF_8));
  }

  private void pongReceived(ByteBuffer payload) {
    if (pongBy != NEVER
        && payload.remaining() == PING_PAYLOAD_BYTES
        && payload.getLong(0) == pingNonce) {
      pongBy = NEVER;
      roundTripNanos = now - pingSentAt;
      pingAt = nextPing(now);
    }
  }

  /** Breaks off because of what the peer did (RFC 6455, 7.1.7). */
  private void fail(CloseCode code, String sentence) {
    if (sent == null) {
      closeCause = Closed.Cause.VIOLATION;
      end(new Close(code, sentence), sentence);
    } else {
      finish(Closed.Cause.VIOLATION, sentence);
    }
  }

  /** Says the last word, now or when the owner is ready for it. */
  private void end(Close close, String detail) {
    answer = close;
    answerDetail = detail;
    if (patient) {
      closeBy = later(now, limits.closeHandshake());
    } else {
      conclude(now);
    }
  }

  /**
   * Whether the peer has ended the connection and {@link #conclude} is due: nothing more is
   * received, and messages may still be sent.
   */
  public boolean ending() {
    return answer != null && closed == null;
  }

  /** Sends the close frame that {@link #ending()} has held back. Without effect otherwise. */
  public void conclude(long now) {
    this.now = now;
    var close = answer;
    if (close != null && closed == null) {
      if (sent == null) {
        writeClose(close);
      }
      finish(closeCause, answerDetail);
    }
  }

  // ---- sending

  /** Whether messages may be sent: no close frame has been. */
  public boolean open() {
    return sent == null && closed == null;
  }

  /**
   * Sends a message.
   *
   * @return false if a close frame has been sent: nothing follows one (RFC 6455, 5.5.1)
   * @throws IllegalStateException in the middle of a message that is sent in parts
   */
  public boolean send(Data message) {
    if (!open()) {
      return false;
    }
    requireNoParts();
    tally.payloadSent(1, message.size());
    int opcode = Opcode.of(message);
    var extension = deflate;
    var shared = context;
    if (extension != null && shared != null) {
      var compressed = extension.deflate(message, shared);
      if (compressed != null) {
        writeCompressed(opcode, compressed, shared);
        return true;
      }
    }
    var payload = Payload.of(message);
    write(
        FrameEncoder.first(opcode, true, false),
        payload.buffer(),
        payload.offset(),
        payload.size(),
        payload.lent());
    return true;
  }

  private void writeCompressed(int opcode, Scratch compressed, DeflateContext shared) {
    tally.compressedSent(1);
    write(FrameEncoder.first(opcode, true, true), compressed.view());
    shared.trim();
  }

  /**
   * Sends messages that others share.
   *
   * @return false if a close frame has been sent
   */
  public boolean send(Prepared prepared) {
    if (!open()) {
      return false;
    }
    var encoding = encoding(prepared);
    if (encoding == null) {
      for (var message : prepared.messages()) {
        send(message);
      }
    } else {
      requireNoParts();
      share(prepared, encoding);
    }
    return true;
  }

  private void share(Prepared prepared, Prepared.Encoding encoding) {
    tally.payloadSent(prepared.messages().size(), prepared.size());
    tally.framesSent(encoding.frames(), encoding.bytes().remaining());
    tally.compressedSent(encoding.compressed());
    sink.share(encoding.bytes());
  }

  /**
   * The bytes that {@link #send(Prepared)} would send on this connection, if they are the same for
   * every connection that agreed on the same parameters: a transport may then send them by
   * reference. Read-only, direct; empty in the client role and where a compression context is taken
   * over.
   */
  public Optional<ByteBuffer> frames(Prepared prepared) {
    return Optional.ofNullable(encoding(prepared)).map(Prepared.Encoding::bytes);
  }

  /**
   * The bytes that a batch with nothing but {@code prepared} would send, on the same conditions:
   * where the batching has a joint, its messages are joined, in as few frames as the limits allow.
   */
  public Optional<ByteBuffer> frames(Prepared prepared, Batching batching) {
    return Optional.ofNullable(encoding(prepared, batching)).map(Prepared.Encoding::bytes);
  }

  private Prepared.@Nullable Encoding encoding(Prepared prepared) {
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

  private Prepared.@Nullable Encoding encoding(Prepared prepared, Batching batching) {
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
    return role == Role.SERVER && (deflate == null || deflate.shares());
  }

  /**
   * Sends a batch, in its order: as one message if its batching has a joint, otherwise each message
   * in a frame of its own. The batch stays as it is: {@linkplain Batch#clear clear} it.
   *
   * @return false if a close frame has been sent
   */
  public boolean send(Batch batch) {
    if (!open()) {
      return false;
    }
    requireNoParts();
    var lone = batch.lone();
    if (batch.joint() == null) {
      batch.forEach(this::send, this::send);
    } else if (lone != null) {
      sendJoined(lone, batch.batching());
    } else if (batch.messages() > 0) {
      sendJoined(batch);
    }
    return true;
  }

  /** Messages that may be more than one batch holds. */
  private void sendJoined(Prepared prepared, Batching batching) {
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
        sendJoined(group);
        group.clear();
        group.offer(message);
      }
    }
    sendJoined(group);
  }

  private void sendJoined(Batch batch) {
    int opcode = batch.opcode();
    tally.payloadSent(batch.messages(), batch.size());
    if (batch.messages() > 1) {
      tally.batchSent();
    }
    if (deflate != null && context != null) {
      var compressed = deflate.deflate(batch, context);
      if (compressed != null) {
        writeCompressed(opcode, compressed, context);
        return;
      }
    }
    int first = FrameEncoder.first(opcode, true, false);
    int size = batch.size();
    if (role == Role.CLIENT) {
      var gathered = ByteBuffer.allocate(size);
      batch.put(gathered);
      write(first, gathered.flip());
    } else {
      var out = sink.room(FrameEncoder.MAX_SERVER_HEADER_BYTES + size);
      FrameEncoder.header(out, first, size);
      batch.put(out);
      tally.framesSent(1, FrameEncoder.frameBytes(size, false));
    }
  }

  /**
   * Sends a piece of a message as a fragment, uncompressed. The first piece opens the message, the
   * last completes it; control frames may pass between, other messages may not.
   *
   * @return false if a close frame has been sent
   */
  public boolean sendPart(boolean text, ByteBuffer part, boolean last) {
    if (!open()) {
      return false;
    }
    int opcode = sendingParts ? Opcode.CONTINUATION : text ? Opcode.TEXT : Opcode.BINARY;
    sendingParts = !last;
    tally.payloadSent(last ? 1 : 0, part.remaining());
    write(FrameEncoder.first(opcode, last, false), part, part.position(), part.remaining(), true);
    return true;
  }

  private void requireNoParts() {
    if (sendingParts) {
      throw new IllegalStateException("a message that is sent in parts is not complete");
    }
  }

  /**
   * Sends a ping and expects its pong in time. A ping that is still unanswered is replaced: only
   * the newest counts.
   */
  public void ping(long now) {
    this.now = now;
    if (!open()) {
      return;
    }
    pingNonce = random.nextLong();
    pingSentAt = now;
    pongBy = later(now, limits.pongWait());
    pingAt = NEVER;
    var payload = ByteBuffer.allocate(PING_PAYLOAD_BYTES).putLong(0, pingNonce);
    write(FrameEncoder.first(Opcode.PING, true, false), payload);
  }

  /**
   * Begins the close handshake. Messages that arrive from now on are dropped. Without effect if a
   * close frame has been sent.
   *
   * @param reason cut to 123 bytes of UTF-8, between characters
   * @throws IllegalArgumentException if the code may not stand in a close frame
   */
  public void close(CloseCode code, String reason, Closed.Cause cause, long now) {
    if (!code.sendable()) {
      throw new IllegalArgumentException("close code " + code + " cannot be sent");
    }
    this.now = now;
    if (!open()) {
      return;
    }
    if (answer != null) {
      answer = new Close(code, reason); // the peer was first; the application has its own word
      conclude(now);
      return;
    }
    closeCause = cause;
    closeBy = later(now, limits.closeHandshake());
    writeClose(new Close(code, reason));
  }

  private void writeClose(Close close) {
    var reason = close.reason().getBytes(StandardCharsets.UTF_8);
    int size = Math.min(reason.length, MAX_REASON_BYTES);
    while (size < reason.length && size > 0 && (reason[size] & 0xc0) == 0x80) {
      size--; // never inside a character
    }
    var payload = ByteBuffer.allocate(MAX_REASON_BYTES + 2);
    if (close.code().sendable()) {
      payload.putShort((short) close.code().value()).put(reason, 0, size);
      sent = new Close(close.code(), new String(reason, 0, size, StandardCharsets.UTF_8));
    } else {
      sent = Close.EMPTY;
    }
    write(FrameEncoder.first(Opcode.CLOSE, true, false), payload.flip());
  }

  private void write(int first, ByteBuffer payload) {
    write(first, payload, payload.position(), payload.remaining(), true);
  }

  private void write(int first, ByteBuffer payload, int offset, int size, boolean mayChange) {
    tally.framesSent(1, FrameEncoder.frameBytes(size, role == Role.CLIENT));
    if (role == Role.CLIENT) {
      FrameEncoder.masked(sink, first, payload, offset, size, random);
    } else {
      FrameEncoder.frame(sink, first, payload, offset, size, mayChange);
    }
  }

  // ---- time

  /** The latest time at which {@link #tick} must be called, or {@code Long.MAX_VALUE}. */
  public long deadline() {
    if (closed != null) {
      return NEVER;
    }
    if (sent != null || answer != null) {
      return closeBy;
    }
    return paused ? NEVER : Math.min(pingAt, pongBy);
  }

  /** Does what is due: a ping, or the end of a peer that did not answer in time. */
  public void tick(long now) {
    this.now = now;
    if (closed != null) {
      return;
    }
    if (answer != null) {
      if (now - closeBy >= 0) {
        conclude(now);
      }
      return;
    }
    if (sent != null) {
      if (closeBy != NEVER && now - closeBy >= 0) {
        // who closed for a reason of its own keeps that reason
        var cause = closeCause == Closed.Cause.LOCAL ? Closed.Cause.TIMEOUT : closeCause;
        finish(cause, "the peer did not answer the close frame in time");
      }
      return;
    }
    if (paused) {
      return;
    }
    if (pongBy != NEVER && now - pongBy >= 0) {
      if (decoder.midFrame()) {
        // a pong cannot overtake the frame that the peer is sending
        pongBy = later(now, limits.pongWait());
      } else {
        closeCause = Closed.Cause.TIMEOUT;
        writeClose(new Close(CloseCode.POLICY_VIOLATION, "no pong"));
        finish(Closed.Cause.TIMEOUT, "the peer did not answer a ping in time");
        return;
      }
    }
    if (pingAt != NEVER && now - pingAt >= 0) {
      ping(now);
    }
  }

  /**
   * The owner stops reading for a while: {@link #receive} returns after the current message, and
   * the peer is not blamed for pongs that nobody reads.
   */
  public void pause() {
    paused = true;
  }

  /** The owner reads again; a new ping finds out whether the peer is still there. */
  public void resume(long now) {
    this.now = now;
    if (paused) {
      paused = false;
      if (pongBy != NEVER && open()) {
        pongBy = NEVER;
        pingAt = now;
      }
    }
  }

  /** The time between the newest answered ping and its pong. */
  public Optional<Duration> roundTrip() {
    return roundTripNanos < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(roundTripNanos));
  }

  private long nextPing(long now) {
    long interval = limits.pingInterval().toNanos();
    if (interval == 0) {
      return NEVER;
    }
    return now + interval + (long) ((random.nextDouble() * 0.2 - 0.1) * interval);
  }

  private static long later(long now, Duration wait) {
    return now + wait.toNanos();
  }

  // ---- the end

  /** The transport has ended: no more bytes will come or go. */
  public void lost(String detail) {
    // who closed for a reason of its own keeps that reason
    boolean reasoned = (sent != null || answer != null) && closeCause != Closed.Cause.LOCAL;
    finish(reasoned ? closeCause : Closed.Cause.LOST, detail);
  }

  /** Ends the connection without a close frame; the owner drops the transport. */
  public void abort(Closed.Cause cause, String detail) {
    finish(cause, detail);
  }

  private void finish(Closed.Cause cause, String detail) {
    if (closed == null) {
      closed = new Closed(Optional.ofNullable(received), Optional.ofNullable(sent), cause, detail);
      if (deflate != null) {
        deflate.close();
      }
    }
  }

  /** Whether it is over: nothing more will be sent or accepted. */
  public boolean finished() {
    return closed != null;
  }

  /** How it ended, once it is {@link #finished}. */
  public Optional<Closed> closed() {
    return Optional.ofNullable(closed);
  }
}
