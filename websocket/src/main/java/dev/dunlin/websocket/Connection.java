package dev.dunlin.websocket;

import java.nio.ByteBuffer;
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

  static final long NEVER = Long.MAX_VALUE;

  private final Role role;
  private final Limits limits;
  private final Receiver receiver;
  private final boolean patient;
  private final Tally tally;
  private final MessageReader reader;
  private final MessageWriter writer;
  private final Liveness liveness;

  /** Once the end has begun. */
  private @Nullable Closing closing;

  private boolean paused;

  /** Whether anything has arrived since the newest ping, or since its pong was last missing. */
  private boolean heard;

  private long now;

  private Connection(Builder builder, Receiver receiver, Sink sink, long now) {
    this.role = builder.role;
    this.limits = builder.limits;
    this.receiver = receiver;
    this.patient = builder.patient;
    this.tally = builder.tally == null ? new Tally() : builder.tally;
    this.reader =
        new MessageReader(
            this,
            new FrameDecoder(role, builder.deflate != null, limits),
            builder.streaming,
            builder.budget);
    var masks = role == Role.CLIENT ? builder.random : null;
    this.writer = new MessageWriter(sink, masks, builder.deflate, builder.context, tally);
    this.liveness = new Liveness(limits, builder.random, now);
    this.now = now;
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
    private @Nullable ByteBudget budget;

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

    /**
     * What messages that arrive in pieces take counts against this, until {@link
     * Connection#unbudgeted()} is called; beyond it the connection closes with 1013. Default none.
     */
    public Builder budget(ByteBudget budget) {
      this.budget = budget;
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
      reader.read(in);
    } catch (ProtocolViolation violation) {
      closing().fail(violation.code(), violation.sentence(), now);
    }
    if (!receiving()) {
      in.position(in.limit());
      reader.forget();
    }
    heard |= in.position() > before;
    tally.bytesReceived(in.position() - before);
  }

  /** The peer has proven who it is: what it sends counts against no budget any more. */
  public void unbudgeted() {
    reader.unbudgeted();
  }

  private boolean receiving() {
    return closing == null || closing.receiving();
  }

  // ---- what the reader asks and brings

  /** Whether it should read on. */
  boolean reading() {
    return receiving() && !paused;
  }

  Role role() {
    return role;
  }

  Limits limits() {
    return limits;
  }

  Tally tally() {
    return tally;
  }

  @Nullable PerMessageDeflate deflate() {
    return writer.deflate();
  }

  @Nullable DeflateContext context() {
    return writer.context();
  }

  /** Messages that arrive after this side has closed are dropped: the application has left. */
  private boolean listening() {
    return closing == null || closing.listening();
  }

  void message(Data message) {
    if (listening()) {
      receiver.onMessage(message);
    }
  }

  void part(boolean text, ByteBuffer bytes, boolean last) {
    if (listening()) {
      receiver.onPart(text, bytes, last);
    }
  }

  void control(int opcode, ByteBuffer payload) throws ProtocolViolation {
    if (opcode == Opcode.CLOSE) {
      var close = Closing.parse(payload);
      if (closing().received(close, now)) {
        receiver.onMessage(close);
      }
      return;
    }
    liveness.countControlFrame(now);
    if (opcode == Opcode.PING) {
      var ping = new Ping(payload);
      if (listening()) {
        writer.control(Opcode.PONG, ping.payload());
        receiver.onMessage(ping);
      }
    } else {
      var pong = new Pong(payload);
      liveness.pong(pong.payload(), now);
      if (listening()) {
        receiver.onMessage(pong);
      }
    }
  }

  // ---- sending

  /** Whether messages may be sent: no close frame has been. */
  public boolean open() {
    return closing == null || closing.mayStillSend();
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
    writer.send(message);
    return true;
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
    writer.send(prepared);
    return true;
  }

  /**
   * The bytes that {@link #send(Prepared)} would send on this connection, if they are the same for
   * every connection that agreed on the same parameters: a transport may then send them by
   * reference. Read-only, direct; empty in the client role and where a compression context is taken
   * over.
   */
  public Optional<ByteBuffer> frames(Prepared prepared) {
    return Optional.ofNullable(writer.encoding(prepared)).map(Prepared.Encoding::bytes);
  }

  /**
   * The bytes that a batch with nothing but {@code prepared} would send, on the same conditions:
   * where the batching has a joint, its messages are joined, in as few frames as the limits allow.
   */
  public Optional<ByteBuffer> frames(Prepared prepared, Batching batching) {
    return Optional.ofNullable(writer.encoding(prepared, batching)).map(Prepared.Encoding::bytes);
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
    writer.send(batch);
    return true;
  }

  /**
   * Sends a piece of a message as a fragment. The first piece opens the message, the last completes
   * it; control frames may pass between, other messages may not. Where compression was agreed and
   * the first piece reaches its threshold, the message is compressed, piece by piece.
   *
   * @return false if a close frame has been sent
   */
  public boolean sendPart(boolean text, ByteBuffer part, boolean last) {
    if (!open()) {
      return false;
    }
    writer.part(text, part, last);
    return true;
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
    heard = false;
    writer.control(Opcode.PING, liveness.ping(now));
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
    closing().close(code, reason, cause, now);
  }

  /** Writes our close frame. */
  void writeClose(ByteBuffer payload) {
    writer.control(Opcode.CLOSE, payload);
  }

  // ---- time

  /** The latest time at which {@link #tick} must be called, or {@code Long.MAX_VALUE}. */
  public long deadline() {
    if (closing != null) {
      return closing.deadline();
    }
    return paused ? NEVER : liveness.deadline();
  }

  /** Does what is due: a ping, or the end of a peer that did not answer in time. */
  public void tick(long now) {
    this.now = now;
    if (closing != null) {
      closing.tick(now);
      return;
    }
    if (paused) {
      return;
    }
    if (liveness.pongMissing(now)) {
      if (!heard || !reader.midFrame()) {
        closing().noPong();
        return;
      }
      heard = false;
      liveness.excuse(now);
    }
    if (liveness.pingDue(now)) {
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
      if (open()) {
        liveness.resume(now);
      }
    }
  }

  /** The time between the newest answered ping and its pong. */
  public Optional<Duration> roundTrip() {
    return liveness.roundTrip();
  }

  // ---- the end

  private Closing closing() {
    if (closing == null) {
      closing = new Closing(this);
    }
    return closing;
  }

  boolean patient() {
    return patient;
  }

  /** It is over: gives back what it holds. */
  void released() {
    reader.forget();
    var compression = deflate();
    if (compression != null) {
      compression.close();
    }
  }

  /**
   * Whether the peer has ended the connection and {@link #conclude} is due: nothing more is
   * received, and messages may still be sent.
   */
  public boolean ending() {
    return closing != null && closing.ending();
  }

  /** Sends the close frame that {@link #ending()} has held back. Without effect otherwise. */
  public void conclude(long now) {
    this.now = now;
    if (closing != null) {
      closing.conclude();
    }
  }

  /** The transport has ended: no more bytes will come or go. */
  public void lost(String detail) {
    closing().lost(detail);
  }

  /** Ends the connection without a close frame; the owner drops the transport. */
  public void abort(Closed.Cause cause, String detail) {
    closing().finish(cause, detail);
  }

  /** Whether it is over: nothing more will be sent or accepted. */
  public boolean finished() {
    return closing != null && closing.finished();
  }

  /** How it ended, once it is {@link #finished}. */
  public Optional<Closed> closed() {
    return closing == null ? Optional.empty() : closing.closed();
  }
}
