package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Route;
import dev.dunlin.server.internal.Agreement;
import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.Target;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.RequestHead;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Sink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A client of the protocol in memory. What it sends is JSON with single quotes for double ones;
 * what it gets is read with {@link #next}, and everything must be read.
 */
final class Peer implements Sink {

  private final TestNode node;
  private final Encoding encoding;
  private final Connection connection;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private ByteBuffer room = ByteBuffer.allocate(0);
  private final ArrayDeque<String> replies = new ArrayDeque<>();
  private final ArrayDeque<Integer> frames = new ArrayDeque<>();
  private int nativePings;
  final MemoryWire wire;
  private final Conversation conversation;

  private Peer(TestNode node, Encoding encoding, String query, boolean compress) {
    this.node = node;
    this.wire = new MemoryWire(node.address, this::scheduleArrival);
    this.encoding = encoding;
    var limits = Limits.defaults();
    var route =
        Route.at("/connection/websocket")
            .compression(compress ? Compression.shared() : Compression.off());
    var target = Target.of(node.endpoint.configure(route), node.endpoint, limits, node.budget);
    var head =
        RequestHead.expect(limits, false)
            .feed(ByteBuffer.wrap(head(query, compress).getBytes(StandardCharsets.ISO_8859_1)));
    var request = ((RequestHead.Complete) head).request();
    var answer = (Handshake.Accepted) target.handshake().answer(request);
    var agreed = answer.compression();
    var agreement =
        new Agreement(
            Role.SERVER,
            request,
            Map.of(),
            Identity.anonymous(),
            answer.subprotocol().orElse(""),
            agreed.map(target::deflate).orElse(null));
    var builder =
        Connection.builder(Role.CLIENT, new Random(3))
            .limits(Limits.defaults().maxMessageBytes(64 << 20).pingInterval(Duration.ZERO));
    agreed.ifPresent(parameters ->
        builder.compression(
            PerMessageDeflate.of(Role.CLIENT, parameters, Compression.shared()),
            node.deflateContext));
    connection = builder.open(this::take, this, node.lane.now());
    conversation = new Conversation(node.lane, wire, target.terms(), agreement);
    node.lane.execute(() -> conversation.open(ByteBuffer.allocate(0)));
    node.lane.run();
  }

  static Peer open(TestNode node, Encoding encoding, String query, boolean compress) {
    return new Peer(node, encoding, query, compress);
  }

  private String head(String query, boolean compress) {
    // Protobuf by the query alone where the test says so
    boolean offers = encoding == Encoding.PROTOBUF && !query.contains("protobuf");
    return "GET /connection/websocket"
        + (query.isEmpty() ? "" : "?" + query)
        + " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + (offers ? "Sec-WebSocket-Protocol: centrifuge-protobuf\r\n" : "")
        + (compress ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "")
        + "\r\n";
  }

  // ---- sending

  /** Sends commands in one frame. */
  void send(String... commands) {
    var texts = Arrays.stream(commands).map(text -> node.real(text.replace('\'', '"'))).toList();
    sendFrame(encoding.frame(texts));
  }

  /** Sends any frame. */
  void sendFrame(Data frame) {
    node.lane.execute(() -> connection.send(frame));
    flush();
  }

  /** Sends bytes past all framing. */
  void sendRaw(byte[] bytes) {
    node.lane.execute(() -> deliver(bytes));
    node.lane.run();
  }

  /** Stops reading, or reads again. */
  void stall(boolean stop) {
    wire.stall(stop);
    if (!stop) {
      node.lane.execute(conversation::writable);
      node.lane.run();
    }
  }

  /** Closes the transport without a word. */
  void leave() {
    node.lane.execute(() -> conversation.lost("gone"));
    node.lane.run();
  }

  private void flush() {
    node.lane.execute(this::transmit);
    node.lane.run();
  }

  private void transmit() {
    settle();
    var bytes = out.toByteArray();
    out.reset();
    deliver(bytes);
  }

  private void deliver(byte[] bytes) {
    if (bytes.length > 0 && !wire.ended) {
      conversation.receive(ByteBuffer.wrap(bytes));
      conversation.received();
      // a view of the receive buffer that is kept must not go unnoticed
      Arrays.fill(bytes, (byte) 0xee);
    }
  }

  // ---- receiving

  private void scheduleArrival() {
    node.lane.execute(this::arrive);
  }

  private void arrive() {
    var bytes = wire.take();
    if (bytes.length > 0) {
      connection.receive(ByteBuffer.wrap(bytes), node.lane.now());
    }
    if (wire.ended && !connection.finished()) {
      connection.lost("the server ended the transport");
    }
    transmit();
    if (wire.ended) {
      conversation.lost("ended");
    }
  }

  private void take(Message message) {
    switch (message) {
      case Data data -> {
        var batch = encoding.replies(data);
        frames.add(batch.size());
        replies.addAll(batch);
      }
      case Control control -> {
        if (control instanceof dev.dunlin.websocket.Ping) {
          nativePings++;
        }
      }
    }
  }

  /** The next reply or push; waits for hooks. */
  String next() {
    node.lane.run();
    while (replies.isEmpty()) {
      assertThat(node.lane.awaitTask())
          .as("something comes, the end being %s", connection.closed())
          .isTrue();
      node.lane.run();
    }
    return node.alias(replies.remove());
  }

  /** Several at once. */
  List<String> next(int count) {
    return java.util.stream.Stream.generate(this::next).limit(count).toList();
  }

  /** Sends and returns the answer. */
  String ask(String command) {
    send(command);
    return next();
  }

  /** How many messages each frame had since this was asked last. */
  List<Integer> frames() {
    node.lane.run();
    var counts = List.copyOf(frames);
    frames.clear();
    return counts;
  }

  /** Nothing has come that was not read. */
  void silent() {
    node.lane.run();
    assertThat(replies.stream().map(node::alias)).isEmpty();
  }

  int nativePings() {
    return nativePings;
  }

  boolean open() {
    node.lane.run();
    return !connection.closed().isPresent();
  }

  /** Answers a ping, if one has come. */
  void pong() {
    node.lane.run();
    if (replies.remove("{}")) {
      send("{}");
    }
  }

  /** How the server ended it, with everything read before: its code and reason. */
  String ending() {
    var ending = closing();
    silent();
    return ending;
  }

  /** How the server ended it: its code and reason; waits for hooks. */
  String closing() {
    node.lane.run();
    while (connection.closed().isEmpty()) {
      assertThat(node.lane.awaitTask()).as("the connection ends").isTrue();
      node.lane.run();
    }
    Closed closed = connection.closed().get();
    return closed.received().map(Peer::text).orElse("no close frame");
  }

  private static String text(Close close) {
    return close.code().value() + " " + close.reason();
  }

  // ---- what the connection sends

  @Override
  public ByteBuffer room(int bytes) {
    settle();
    if (room.capacity() < bytes) {
      room = ByteBuffer.allocate(bytes);
    }
    return room.clear();
  }

  private void settle() {
    out.write(room.array(), 0, room.position());
    room.clear();
  }

  @Override
  public void share(ByteBuffer bytes) {
    settle();
    var copy = new byte[bytes.remaining()];
    bytes.get(bytes.position(), copy);
    out.writeBytes(copy);
  }
}
