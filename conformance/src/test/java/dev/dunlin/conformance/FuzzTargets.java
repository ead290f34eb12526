package dev.dunlin.conformance;

import dev.dunlin.websocket.ClientHandshake;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.DeflateContext;
import dev.dunlin.websocket.DeflateParameters;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.RequestHead;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * What the fuzzers call with any bytes at all: each checks more than that nothing is thrown.
 *
 * <p>The ordinary tests call the same with the stored inputs.
 */
final class FuzzTargets {

  /** Small, so that a fuzzer reaches them. */
  private static final Limits LIMITS =
      Limits.defaults().maxMessageBytes(4096).maxFragments(16).pingInterval(Duration.ZERO);

  private FuzzTargets() {}

  /** A request head: the same outcome in one piece and octet by octet, and an answer to it. */
  static void httpHead(byte[] bytes) {
    var whole = feed(bytes, bytes.length);
    var octets = feed(bytes, 1);
    require(whole.equals(octets), "cut octet by octet: " + octets + " instead of " + whole);
  }

  private static String feed(byte[] bytes, int piece) {
    var head = RequestHead.expect(Limits.defaults(), false);
    for (int from = 0; from < bytes.length; from += piece) {
      int size = Math.min(piece, bytes.length - from);
      switch (head.feed(ByteBuffer.wrap(bytes.clone(), from, size))) {
        case RequestHead.NeedMore more -> {}
        case Refusal refusal -> {
          return refused(refusal);
        }
        case RequestHead.Complete complete -> {
          var request = complete.request();
          return switch (Handshake.defaults().answer(request)) {
            case Handshake.Accepted accepted -> "accepted " + request.path();
            case Refusal refusal -> refused(refusal);
          };
        }
      }
    }
    return "more";
  }

  private static String refused(Refusal refusal) {
    require(refusal.status() >= 400 && refusal.status() < 600, "status " + refusal.status());
    return "refused " + refusal.status() + " " + refusal.reason();
  }

  /** What a server answers, read by a client. */
  static void responseHead(byte[] bytes) {
    var handshake =
        ClientHandshake.to("localhost", "/")
            .compression(Compression.takeover())
            .begin(new Random(1));
    handshake.receive(ByteBuffer.wrap(bytes.clone()));
  }

  /** Frames to a server, plain and with compression agreed: the same however they are cut. */
  static void serverFrames(byte[] bytes) {
    frames(Role.SERVER, bytes);
  }

  /** Frames to a client. */
  static void clientFrames(byte[] bytes) {
    frames(Role.CLIENT, bytes);
  }

  private static void frames(Role role, byte[] bytes) {
    try (var context = new DeflateContext()) {
      for (var compression : List.of(Compression.off(), Compression.takeover())) {
        var whole = play(role, compression, context, bytes, bytes.length);
        var octets = play(role, compression, context, bytes, 1);
        require(whole.equals(octets), "cut octet by octet: " + octets + " instead of " + whole);
      }
    }
  }

  private static List<String> play(
      Role role, Compression compression, DeflateContext context, byte[] bytes, int piece) {
    var story = new ArrayList<String>();
    var builder = Connection.builder(role, new Random(1)).limits(LIMITS);
    if (compression.mode() != Compression.Mode.OFF) {
      var agreed = new DeflateParameters(false, false, 15, 15);
      builder.compression(PerMessageDeflate.of(role, agreed, compression), context);
    }
    var sink = new MemoryPeer.Gathering();
    var connection = builder.open(message -> story.add(tell(message)), sink, 0);
    for (int from = 0; from < bytes.length; from += Math.max(1, piece)) {
      int size = Math.min(piece, bytes.length - from);
      connection.receive(ByteBuffer.wrap(bytes.clone(), from, size), 0);
    }
    connection.close(CloseCode.NORMAL, "over", Closed.Cause.LOCAL, 0);
    connection.lost("the input has ended");
    require(connection.finished(), "not finished");
    story.add(connection.closed().orElseThrow().toString());
    if (role == Role.SERVER) {
      var reader = new FrameReader();
      var sent = sink.take();
      reader.read(sent, 0, sent.length);
      require(
          reader.events().stream().noneMatch(Event.Fault.class::isInstance),
          "the engine sent " + reader.events());
    }
    return story;
  }

  private static String tell(Message message) {
    return message instanceof Data data
        ? data + " " + Arrays.hashCode(data.toByteArray())
        : message.toString();
  }

  /**
   * A value of {@code Sec-WebSocket-Extensions}: refused, or answered with what may be answered.
   */
  static void extensionOffers(byte[] bytes) {
    var value = new String(bytes, StandardCharsets.ISO_8859_1);
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
        return; // not a header value: that is the head's business
      }
    }
    var request = Opening.request("localhost", "/", Optional.of(value));
    var head = RequestHead.expect(Limits.defaults(), false);
    if (head.feed(ByteBuffer.wrap(request)) instanceof RequestHead.Complete complete
        && Handshake.defaults().answer(complete.request()) instanceof Handshake.Accepted accepted) {
      var answer = new byte[accepted.bytes().remaining()];
      accepted.bytes().get(answer);
      Opening.Response.parse(answer).agreed();
    }
  }

  /**
   * A compressed message: two inflaters agree on it. Damaged data may take the tail for codes; what
   * comes then is chance, and either verdict is right.
   */
  static void inflate(byte[] bytes) {
    if (bytes.length > 2000) {
      return;
    }
    var reference = WindowInflater.forgiving();
    Optional<byte[]> plain;
    try {
      plain = Optional.of(reference.message(bytes));
    } catch (IllegalStateException e) {
      plain = Optional.empty();
    }
    boolean ambiguous = plain.isEmpty() && reference.failedInTheTail();
    try (var engine = new MemoryEngine(LIMITS, Compression.shared())) {
      var peer = engine.open(Optional.of(DeflateCases.OFFER));
      var frame = Frame.binary(bytes).rsv(4).bytes();
      peer.send(frame, 0, frame.length);
      var reader = peer.agreed().reader();
      peer.receive(reader, Peer.Patience.LONG);
      var event = reader.events().poll();
      require(event != null, "nothing happened");
      if (event instanceof Event.Message message) {
        require(
            ambiguous || plain.filter(it -> Arrays.equals(it, message.bytes())).isPresent(),
            "inflated to something else");
      } else {
        require(
            plain.isEmpty() || plain.get().length > LIMITS.maxMessageBytes(), "refused: " + event);
      }
    }
  }

  /** Text: accepted if and only if the JDK's decoder accepts it, and kept octet by octet. */
  static void utf8(byte[] bytes) {
    boolean accepted;
    try {
      accepted = Arrays.equals(Text.of(bytes).toByteArray(), bytes);
    } catch (IllegalArgumentException e) {
      accepted = false;
    }
    require(accepted == FrameReader.utf8(bytes), "accepted: " + accepted);
  }

  private static void require(boolean claim, String otherwise) {
    if (!claim) {
      throw new AssertionError(otherwise);
    }
  }
}
