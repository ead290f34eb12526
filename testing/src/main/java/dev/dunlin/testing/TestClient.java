package dev.dunlin.testing;

import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.internal.Agreement;
import dev.dunlin.server.internal.Conversation;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.DeflateContext;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Pong;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Sink;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client that talks to an endpoint in memory, through the real protocol: handshake, frames,
 * masking, compression, limits and close, without sockets, with a clock that stands still until
 * {@link #advance} moves it, and with the faults of the network at hand.
 *
 * <pre>{@code
 * try (var client = TestClient.connect(echo)) {
 *   client.send("hello");
 *   assertThat(client.receiveText()).isEqualTo("hello");
 * }
 * }</pre>
 *
 * <p>On inline routes everything happens within the call that causes it. On virtual-thread routes
 * {@code receive} waits for the handler, at most 5 s of real time, and then 2 s for others that may
 * send to this client, such as the handler of another one. Confined to the test's thread.
 */
public final class TestClient implements AutoCloseable {

  /** How long a handler on a virtual thread may take, in real time. */
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  /** How long others may take to send to this client although its own handler rests. */
  private static final long OTHERS_NANOS = 2_000_000_000L;

  private static final long LOOK_MILLIS = 2;

  final MemoryLane lane;
  private final boolean ownsLane;
  private final MemoryWire wire;
  private final Conversation conversation;
  private final Connection connection;
  private final DeflateContext context = new DeflateContext();
  private final Outgoing outgoing = new Outgoing();
  private final ArrayDeque<Message> received = new ArrayDeque<>();
  private final String subprotocol;
  private final boolean compressed;
  private boolean byteWise;
  private boolean serverEnded;

  private TestClient(Builder builder, MemoryHandshake opening) {
    this.ownsLane = builder.beside == null;
    this.lane = opening.lane;
    this.subprotocol = opening.accepted.subprotocol().orElse("");
    this.compressed = opening.accepted.compression().isPresent();
    this.wire = new MemoryWire(lane, builder.socketBufferBytes, this::arrived, this::sawEnd);
    var client =
        Connection.builder(Role.CLIENT, new SplittableRandom(2))
            .limits(
                Limits.defaults()
                    .maxMessageBytes(Integer.MAX_VALUE >> 2)
                    .maxFragments(Integer.MAX_VALUE)
                    .maxControlFramesPerSecond(Integer.MAX_VALUE)
                    .pingInterval(Duration.ZERO));
    opening
        .accepted
        .compression()
        .ifPresent(agreed ->
            client.compression(
                PerMessageDeflate.of(Role.CLIENT, agreed, builder.compression), context));
    this.connection = client.open(this::message, outgoing, lane.now());
    var agreement =
        new Agreement(
            Role.SERVER,
            opening.request,
            opening.variables,
            opening.identity,
            subprotocol,
            opening.accepted.compression().map(opening.target::deflate).orElse(null));
    this.conversation = new Conversation(lane, wire, opening.target.terms(), agreement);
    wire.begin(conversation);
    lane.execute(() -> conversation.open(ByteBuffer.allocate(0)));
    settle();
  }

  /** Connects to an endpoint at {@code /} with the defaults of {@link Route}. */
  public static TestClient connect(Endpoint endpoint) {
    return to(Route.at("/"), endpoint).connect();
  }

  /** A client to be, of a route that leads to an endpoint. */
  public static Builder to(Route route, Endpoint endpoint) {
    return new Builder(endpoint.configure(route), endpoint);
  }

  /** What a client will be. */
  public static final class Builder {
    final Route route;
    final Endpoint endpoint;
    String target;
    final Map<String, String> headers = new LinkedHashMap<>();
    String[] subprotocols = {};
    Compression compression = Compression.off();
    Limits limits = Limits.defaults();
    int socketBufferBytes = 64 << 10;
    @Nullable TestClient beside;

    private Builder(Route route, Endpoint endpoint) {
      this.route = route;
      this.endpoint = endpoint;
      this.target = route.path();
    }

    /** The path and query to ask for; the route's own path unless set. */
    public Builder at(String target) {
      this.target = target;
      return this;
    }

    /** Adds a header to the request. */
    public Builder header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    /** The subprotocols to offer, in order of preference. */
    public Builder subprotocols(String... names) {
      subprotocols = names.clone();
      return this;
    }

    /** Offers compression; off unless set. */
    public Builder compression(Compression compression) {
      this.compression = compression;
      return this;
    }

    /** The limits of the server. */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /** How much the kernel takes from a server whose peer does not read; 64 KiB unless set. */
    public Builder socketBufferBytes(int bytes) {
      this.socketBufferBytes = bytes;
      return this;
    }

    /** On the event loop of another client, sharing its clock. */
    public Builder beside(TestClient other) {
      this.beside = other;
      return this;
    }

    /**
     * Connects, and lets the endpoint open: whatever it subscribes to then has it.
     *
     * @throws RefusedException if the server does not let it in
     */
    public TestClient connect() {
      return new TestClient(this, new MemoryHandshake(this));
    }
  }

  /** A handshake that the server refused. */
  public static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    RefusedException(Refusal refusal) {
      super(refusal.status() + " " + refusal.reason());
      this.status = refusal.status();
    }

    /** The HTTP status of the answer. */
    public int status() {
      return status;
    }
  }

  // ---- sending

  /** Sends a text message. */
  public void send(String text) {
    send(Text.of(text));
  }

  /** Sends a message. */
  public void send(Data message) {
    connection.send(message);
    forward();
  }

  /** Sends a piece of a message as a fragment. */
  public void sendPart(boolean text, byte[] part, boolean last) {
    connection.sendPart(text, ByteBuffer.wrap(part), last);
    forward();
  }

  /** Sends bytes as they are, whatever they mean. */
  public void sendRaw(byte[] bytes) {
    outgoing.write(bytes);
    forward();
  }

  /** Sends a ping. */
  public void ping() {
    connection.ping(lane.now());
    forward();
  }

  /** Begins the close handshake. */
  public void close(CloseCode code, String reason) {
    connection.close(code, reason, Closed.Cause.LOCAL, lane.now());
    forward();
  }

  /** From now on the server gets one byte at a time. */
  public void byteWise() {
    byteWise = true;
  }

  private void forward() {
    var bytes = outgoing.take();
    if (bytes.length > 0) {
      lane.execute(() -> deliver(bytes));
    }
    lane.run();
  }

  private void deliver(byte[] bytes) {
    if (!byteWise) {
      wire.arrive(ByteBuffer.wrap(bytes));
      return;
    }
    for (byte each : bytes) {
      wire.arrive(ByteBuffer.wrap(new byte[] {each}));
    }
  }

  // ---- receiving

  private void arrived(ByteBuffer bytes) {
    connection.receive(bytes, lane.now());
    var answers = outgoing.take();
    if (answers.length > 0) {
      lane.execute(() -> deliver(answers));
    }
  }

  private void sawEnd() {
    serverEnded = true;
    connection.lost("the server ended the transport");
    lane.execute(() -> wire.peerEnds("end of stream"));
  }

  private void message(Message message) {
    switch (message) {
      case Data data -> received.add(data.copy());
      case Control control -> received.add(control);
    }
  }

  /**
   * The next message from the server, pings and closes included.
   *
   * @throws AssertionError if none comes
   */
  public Message receive() {
    lane.run();
    if (received.isEmpty()) {
      await(() -> !received.isEmpty());
    }
    awaitOthers();
    if (received.isEmpty()) {
      throw new AssertionError(
          "no message from the server" + (serverEnded ? ", which has ended" : ""));
    }
    return received.removeFirst();
  }

  /** The next message, which is a text. */
  public String receiveText() {
    var message = receive();
    if (message instanceof Text text) {
      return text.value();
    }
    throw new AssertionError("expected a text, got " + message);
  }

  /** The next message, which is binary. */
  public byte[] receiveBinary() {
    var message = receive();
    if (message instanceof Binary binary) {
      return binary.toByteArray();
    }
    throw new AssertionError("expected a binary message, got " + message);
  }

  /** Demands that the server has sent nothing more. */
  public void receiveNothing() {
    settle();
    if (!received.isEmpty()) {
      throw new AssertionError("unexpected: " + received);
    }
  }

  /** The payload of the pong that answers the newest {@link #ping}. */
  public Pong receivePong() {
    var message = receive();
    if (message instanceof Pong pong) {
      return pong;
    }
    throw new AssertionError("expected a pong, got " + message);
  }

  /** Lets everything under way happen, handlers on virtual threads included. */
  public void settle() {
    lane.run();
    await(() -> false);
    lane.run();
  }

  /** Runs the lane until it is enough, or no handler works any more, or patience ends. */
  private void await(BooleanSupplier enough) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!enough.getAsBoolean() && System.nanoTime() < end) {
      boolean quiet = conversation.quiet();
      if (!lane.await(quiet ? 0 : LOOK_MILLIS) && quiet) {
        return;
      }
    }
  }

  /** Gives others, such as the handler of another client, the time to send to this one. */
  private void awaitOthers() {
    long end = System.nanoTime() + OTHERS_NANOS;
    while (received.isEmpty() && !serverEnded && System.nanoTime() < end) {
      lane.await(LOOK_MILLIS);
    }
  }

  // ---- time and faults

  /** Moves the clock of the server's event loop. */
  public void advance(Duration time) {
    settle();
    lane.advance(time.toNanos());
    settle();
  }

  /** Stops reading: what the server sends piles up. */
  public void stall() {
    lane.execute(() -> wire.stall(true));
    lane.run();
  }

  /** Reads again. */
  public void unstall() {
    lane.execute(() -> wire.stall(false));
    settle();
  }

  /**
   * Sends a bomb: zeros that are compressed to less than a hundredth of what they inflate to. What
   * is beyond the server's {@link Limits#maxMessageBytes()} must end with 1009.
   *
   * @param inflatedBytes the size of the message, which is made whole before it is sent
   * @throws IllegalStateException if no compression was agreed ({@link Builder#compression})
   */
  public void bomb(int inflatedBytes) {
    if (!compressed) {
      throw new IllegalStateException("a bomb needs compression, and none was agreed");
    }
    send(Binary.of(new byte[inflatedBytes]));
  }

  /** Cuts the connection as a tunnel does: no close frame. */
  public void cut() {
    connection.lost("cut");
    lane.execute(() -> wire.peerEnds("connection reset"));
    settle();
  }

  // ---- how it is

  /** The subprotocol that was agreed; empty for none. */
  public String subprotocol() {
    return subprotocol;
  }

  /** How the connection ended, as this client saw it. */
  public Optional<Closed> closed() {
    settle();
    return connection.closed();
  }

  /** How the session ended, as the server saw it. */
  public Optional<Closed> serverClosed() {
    settle();
    return conversation.closed();
  }

  /** Bytes that wait at the server because this client does not read. */
  public long queuedBytes() {
    return conversation.queuedBytes();
  }

  /** Closes with 1000, if that has not happened yet, and gives everything back. */
  @Override
  public void close() {
    if (connection.open()) {
      close(CloseCode.NORMAL, "");
      settle();
    }
    context.close();
    if (ownsLane) {
      lane.release();
    }
  }

  /** What this client sends, until it is handed to the wire. */
  private static final class Outgoing implements Sink {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private ByteBuffer lent = ByteBuffer.allocate(0);

    @Override
    public ByteBuffer room(int size) {
      collect();
      lent = ByteBuffer.allocate(size);
      return lent;
    }

    @Override
    public void share(ByteBuffer shared) {
      collect();
      var copy = new byte[shared.remaining()];
      shared.get(shared.position(), copy);
      bytes.writeBytes(copy);
    }

    void write(byte[] raw) {
      collect();
      bytes.writeBytes(raw);
    }

    private void collect() {
      bytes.write(lent.array(), 0, lent.position());
      lent = ByteBuffer.allocate(0);
    }

    byte[] take() {
      collect();
      var all = bytes.toByteArray();
      bytes.reset();
      return all;
    }
  }
}
