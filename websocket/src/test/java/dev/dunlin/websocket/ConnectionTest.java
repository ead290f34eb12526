package dev.dunlin.websocket;

import static dev.dunlin.websocket.Frames.client;
import static dev.dunlin.websocket.Frames.hex;
import static dev.dunlin.websocket.Frames.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {

  private static final int TEXT = 0x81;
  private static final int BINARY = 0x82;
  private static final int CLOSE = 0x88;
  private static final int PING = 0x89;
  private static final int PONG = 0x8a;
  private static final long SECOND = 1_000_000_000L;

  private final RecordingSink sink = new RecordingSink();
  private final Recorder recorder = new Recorder();
  private final Connection connection = open(Limits.defaults());

  private Connection open(Limits limits) {
    return Connection.builder(Role.SERVER, new Random(1)).limits(limits).open(recorder, sink, 0);
  }

  private void receive(ByteBuffer... frames) {
    connection.receive(join(frames), 0);
  }

  private void failsWith(int code) {
    failsWith(connection, code);
  }

  private void failsWith(Connection connection, int code) {
    var bytes = sink.take();
    assertThat(bytes).hasSizeGreaterThanOrEqualTo(4);
    assertThat(bytes[0] & 0xff).isEqualTo(CLOSE);
    assertThat(((bytes[2] & 0xff) << 8) | (bytes[3] & 0xff)).isEqualTo(code);
    assertThat(bytes).as("one close frame and nothing behind it").hasSize(2 + bytes[1]);
    assertThat(connection.finished()).isTrue();
    var closed = connection.closed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.VIOLATION);
    assertThat(closed.sent().orElseThrow().code()).isEqualTo(CloseCode.of(code));
    assertThat(closed.received()).isEmpty();
    assertThat(closed.code()).isEqualTo(CloseCode.ABNORMAL);
  }

  // ---- messages

  @Test
  void maskedTextOfTheRfcIsHello() {
    receive(hex("818537fa213d7f9f4d5158"));
    recorder.got(Text.of("Hello"));
    assertThat(sink.takeHex()).isEmpty();
  }

  @Test
  void fragmentedTextOfTheRfcIsHello() {
    receive(client(0x01, "Hel"), client(0x80, "lo"));
    recorder.got(Text.of("Hello"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 31, 32, 33, 125, 126, 127, 128, 65535, 65536, 70001})
  void everyLengthEncodingArrivesWhole(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    receive(client(BINARY, bytes));
    recorder.got(Binary.of(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8200",
    "125, 827d",
    "126, 827e007e",
    "65535, 827effff",
    "65536, 827f0000000000010000"
  })
  void lengthsAreSentInTheirShortestForm(int size, String header) {
    assertThat(connection.send(Binary.of(new byte[size]))).isTrue();
    var bytes = sink.take();
    assertThat(HexFormat.of().formatHex(bytes, 0, header.length() / 2)).isEqualTo(header);
    assertThat(bytes).hasSize(header.length() / 2 + size);
  }

  @Test
  void aMessageIsTheSameHoweverItsBytesArrive() {
    var frames =
        join(
            client(TEXT, "κόσμε"),
            client(0x02, new byte[] {1, 2, 3}),
            client(PING, "between"),
            client(0x00, new byte[0]),
            client(0x80, new byte[] {4}),
            client(BINARY, new byte[300]));
    var expected =
        new Message[] {
          Text.of("κόσμε"),
          new Ping(ByteBuffer.wrap("between".getBytes(StandardCharsets.UTF_8))),
          Binary.of(new byte[] {1, 2, 3, 4}),
          Binary.of(new byte[300])
        };
    for (int cut = 0; cut <= frames.remaining(); cut++) {
      var split = open(Limits.defaults());
      split.receive(copy(frames, 0, cut), 0);
      split.receive(copy(frames, cut, frames.remaining()), 0);
      recorder.got(expected);
      assertThat(sink.takeHex()).isEqualTo("8a076265747765656e");
    }
    var dribbled = open(Limits.defaults());
    for (int i = 0; i < frames.remaining(); i++) {
      dribbled.receive(copy(frames, i, i + 1), 0);
    }
    recorder.got(expected);
  }

  private static ByteBuffer copy(ByteBuffer from, int start, int end) {
    var bytes = new byte[end - start];
    from.get(start, bytes);
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void directBuffersInEitherByteOrderAreUnmasked() {
    for (var order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
      for (int size : new int[] {5, 8, 13, 32, 47, 100}) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        var frame = client(BINARY, bytes);
        var direct = ByteBuffer.allocateDirect(frame.remaining()).order(order).put(frame).flip();
        connection.receive(direct, 0);
        recorder.got(Binary.of(bytes));
      }
    }
  }

  @Test
  void maskKeyMayBeZeroAndMayChangeWithEveryFrame() {
    receive(hex("8183 00000000 616263"), hex("8183 01020304 606060"));
    recorder.got(Text.of("abc"), Text.of("abc"));
  }

  @Test
  void emptyFragmentsMakeAnEmptyMessage() {
    receive(client(0x01, ""), client(0x00, ""), client(0x80, ""));
    recorder.got(Text.of(""));
  }

  @Test
  void aReceivedMessageEndsWithItsCall() {
    var kept = new ArrayList<Data>();
    var lending =
        Connection.builder(Role.SERVER, new Random(1))
            .open(
                message -> {
                  kept.add((Data) message);
                  kept.add(((Data) message).copy());
                },
                sink,
                0);
    lending.receive(client(TEXT, "gone"), 0);
    assertThatThrownBy(() -> kept.get(0).bytes())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("copy()");
    assertThatThrownBy(() -> ((Text) kept.get(0)).value())
        .isInstanceOf(IllegalStateException.class);
    assertThat(kept.get(1)).isEqualTo(Text.of("gone"));
  }

  // ---- violations

  @ParameterizedTest(name = "{0} closes with {1}")
  @CsvSource({
    "8105 48656c6c6f, 1002, an unmasked frame",
    "c180 00000000, 1002, RSV1 that nobody agreed on",
    "a180 00000000, 1002, RSV2",
    "9180 00000000, 1002, RSV3",
    "8380 00000000, 1002, opcode 3",
    "8f80 00000000, 1002, opcode 15",
    "0980 00000000, 1002, a fragmented ping",
    "0a80 00000000, 1002, a fragmented pong",
    "0880 00000000, 1002, a fragmented close",
    "8080 00000000, 1002, a continuation of nothing",
    "0080 00000000, 1002, an open continuation of nothing",
    "0180 00000000 8180 00000000, 1002, text inside text",
    "0280 00000000 8180 00000000, 1002, text inside binary",
    "89fe, 1002, a ping over 125 bytes",
    "88fe, 1002, a close over 125 bytes",
    "81fe0001, 1002, a 16-bit length for one byte",
    "81fe007d, 1002, a 16-bit length for 125",
    "81ff0000000000000001, 1002, a 64-bit length for one byte",
    "81ff000000000000ffff, 1002, a 64-bit length for 65535",
    "81ff80, 1002, a length with its top bit set",
    "81ff8000000000000000, 1002, a whole length with its top bit set",
    "81ff0000000000100001, 1009, one byte over the limit",
    "82ff4000000000000000, 1009, 2^62 bytes",
    "8881 00000000 03, 1002, half a close code",
    "8882 00000000 03ed, 1002, close code 1005",
    "8882 00000000 03e7, 1002, close code 999",
    "8882 00000000 1388, 1002, close code 5000",
    "8883 00000000 03e8ff, 1007, a close reason that is not UTF-8",
    "8181 00000000 ff, 1007, text that is not UTF-8",
    "8183 00000000 eda080, 1007, a surrogate",
    "8182 00000000 e282, 1007, text that ends inside a character",
    "0182 00000000 e282 8080 00000000, 1007, fragments that end inside a character",
  })
  void violationsFailTheConnection(String bytes, int code, String what) {
    receive(hex(bytes));
    recorder.gotNothing();
    failsWith(code);
  }

  @Test
  void messagesBeforeAnErrorInTheSameReadAreDelivered() {
    receive(client(TEXT, "first"), client(0xa1, "second"), client(PING, ""));
    recorder.got(Text.of("first"));
    failsWith(1002);
  }

  @Test
  void headersAreJudgedBeforeTheyAreWhole() {
    receive(hex("83"));
    failsWith(1002);
  }

  @Test
  void textFailsInsideAnIncompleteFrame() {
    // 6.4.4: U+110000 is impossible at its second octet, long before the frame's end
    connection.receive(hex("8195 00000000 cebae1bdb9cf83cebcceb5 f4"), 0);
    assertThat(connection.finished()).isFalse();
    connection.receive(hex("90"), 0);
    failsWith(1007);
  }

  @Test
  void nothingIsReadAfterAViolation() {
    var in = join(client(0x83, ""), client(TEXT, "later"));
    connection.receive(in, 0);
    assertThat(in.hasRemaining()).isFalse();
    connection.receive(client(TEXT, "later still"), 0);
    recorder.gotNothing();
    failsWith(1002);
  }

  // ---- limits

  @Test
  void messageAtTheLimitIsAcceptedAndOneByteMoreIsNot() {
    var limited = open(Limits.defaults().maxMessageBytes(10));
    limited.receive(client(BINARY, new byte[10]), 0);
    limited.receive(join(client(0x02, new byte[6]), client(0x80, new byte[4])), 0);
    recorder.got(Binary.of(new byte[10]), Binary.of(new byte[10]));
    limited.receive(join(client(0x02, new byte[6]), client(0x80, new byte[5])), 0);
    recorder.gotNothing();
    failsWith(limited, 1009);
  }

  @Test
  void fragmentsAreCountedEmptyOnesToo() {
    var limited = open(Limits.defaults().maxFragments(3));
    limited.receive(join(client(0x02, ""), client(0x00, ""), client(0x80, "")), 0);
    recorder.got(Binary.of(new byte[0]));
    limited.receive(join(client(0x02, ""), client(0x00, ""), client(0x00, "")), 0);
    limited.receive(client(0x80, ""), 0);
    failsWith(limited, 1008);
  }

  @Test
  void controlFramesAreCountedPerSecond() {
    var limited = open(Limits.defaults().maxControlFramesPerSecond(2));
    limited.receive(join(client(PONG, ""), client(PONG, "")), 0);
    limited.receive(join(client(PONG, ""), client(PONG, "")), SECOND);
    assertThat(limited.finished()).isFalse();
    limited.receive(client(PONG, ""), 2 * SECOND - 1);
    failsWith(limited, 1008);
  }

  // ---- pings

  @Test
  void pingIsAnsweredWithItsPayload() {
    receive(client(PING, "payload"));
    recorder.got(new Ping(ByteBuffer.wrap("payload".getBytes(StandardCharsets.UTF_8))));
    assertThat(sink.takeHex()).isEqualTo("8a07" + "7061796c6f6164");
  }

  @Test
  void tenPingsGetTenPongsInOrder() {
    var expected = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      receive(client(PING, "p" + i));
      expected.append("8a0270").append(Integer.toHexString('0' + i));
    }
    assertThat(sink.takeHex()).isEqualTo(expected.toString());
  }

  @Test
  void unsolicitedPongIsNotAnswered() {
    receive(client(PONG, "hello"));
    recorder.got(new Pong(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8))));
    assertThat(sink.takeHex()).isEmpty();
    assertThat(connection.roundTrip()).isEmpty();
  }

  @Test
  void pingsAreSentWithinATenthOfTheInterval() {
    long due = connection.deadline();
    assertThat(due).isBetween(22_500_000_000L, 27_500_000_000L);
    connection.tick(due - 1);
    assertThat(sink.takeHex()).isEmpty();
    connection.tick(due);
    assertThat(sink.takeHex()).startsWith("8908").hasSize(20);
    assertThat(connection.deadline()).isEqualTo(due + 8 * SECOND);
  }

  @Test
  void pongTellsTheRoundTripAndSetsTheNextPing() {
    var ping = pingNow(SECOND);
    connection.receive(client(PONG, ping), SECOND + 5);
    assertThat(connection.roundTrip()).contains(Duration.ofNanos(5));
    assertThat(connection.deadline()).isGreaterThan(SECOND + 22 * SECOND);
  }

  private byte[] pingNow(long now) {
    sink.take();
    connection.ping(now);
    var frame = sink.take();
    assertThat(frame).hasSize(10);
    return java.util.Arrays.copyOfRange(frame, 2, 10);
  }

  @Test
  void anotherPongDoesNotAnswerThePing() {
    pingNow(0);
    connection.receive(client(PONG, new byte[8]), 1);
    connection.receive(client(PONG, new byte[3]), 1);
    assertThat(connection.deadline()).isEqualTo(8 * SECOND);
  }

  @Test
  void unansweredPingEndsTheConnection() {
    pingNow(0);
    connection.tick(8 * SECOND);
    var closed = connection.closed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.TIMEOUT);
    assertThat(connection.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aReasonOfOurOwnOutlivesThePeersSilence() {
    var connection = open(Limits.defaults());
    connection.close(CloseCode.TRY_AGAIN_LATER, "too slow", Closed.Cause.SLOW, 0);
    connection.tick(connection.deadline());
    var closed = connection.closed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.SLOW);
    assertThat(closed.clean()).isFalse();
  }

  @Test
  void aPongCannotOvertakeTheFrameThatIsArriving() {
    pingNow(0);
    connection.receive(hex("8285 00000000 0102"), 1);
    connection.tick(8 * SECOND);
    assertThat(connection.finished()).isFalse();
    connection.receive(hex("030405"), 9 * SECOND);
    recorder.got(Binary.of(new byte[] {1, 2, 3, 4, 5}));
    connection.tick(16 * SECOND);
    assertThat(connection.finished()).isTrue();
  }

  @Test
  void aPeerThatFallsSilentInsideAFrameIsGoneLikeAnyOther() {
    pingNow(0);
    connection.receive(hex("8285 00000000 0102"), 1);
    connection.tick(8 * SECOND);
    assertThat(connection.finished()).isFalse();
    connection.tick(16 * SECOND);
    assertThat(connection.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.TIMEOUT);
  }

  @Test
  void aFrameThatStoppedBeforeThePingExcusesNobody() {
    connection.receive(hex("8285 00000000 0102"), 1);
    pingNow(2);
    connection.tick(2 + 8 * SECOND);
    assertThat(connection.finished()).isTrue();
  }

  @Test
  void nobodyIsBlamedForPongsThatArePaused() {
    pingNow(0);
    connection.pause();
    assertThat(connection.deadline()).isEqualTo(Long.MAX_VALUE);
    connection.tick(100 * SECOND);
    assertThat(connection.finished()).isFalse();
    connection.resume(100 * SECOND);
    assertThat(connection.deadline()).isEqualTo(100 * SECOND);
    connection.tick(100 * SECOND);
    assertThat(sink.takeHex()).as("a new ping").startsWith("8908");
    assertThat(connection.deadline()).isEqualTo(108 * SECOND);
  }

  @Test
  void resumeWithoutAPingOutstandingChangesNothing() {
    long due = connection.deadline();
    connection.resume(5);
    connection.pause();
    connection.resume(5);
    assertThat(connection.deadline()).isEqualTo(due);
  }

  @Test
  void pingsCanBeSwitchedOff() {
    var quiet = open(Limits.defaults().pingInterval(Duration.ZERO));
    assertThat(quiet.deadline()).isEqualTo(Long.MAX_VALUE);
    quiet.tick(Long.MAX_VALUE / 2);
    assertThat(sink.takeHex()).isEmpty();
  }

  // ---- pause

  @Test
  void pauseLeavesTheRestUnread() {
    var messages = new ArrayList<Message>();
    var connections = new Connection[1];
    connections[0] =
        Connection.builder(Role.SERVER, new Random(1))
            .open(
                message -> {
                  messages.add(((Data) message).copy());
                  connections[0].pause();
                },
                sink,
                0);
    var in = join(client(TEXT, "one"), client(TEXT, "two"));
    connections[0].receive(in, 0);
    assertThat(messages).containsExactly(Text.of("one"));
    assertThat(in.remaining()).isEqualTo(client(TEXT, "two").remaining());
    connections[0].resume(0);
    connections[0].receive(in, 0);
    assertThat(messages).containsExactly(Text.of("one"), Text.of("two"));
  }

  // ---- closing

  @ParameterizedTest
  @ValueSource(
      ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999})
  void closeIsAnsweredWithItsCode(int code) {
    receive(client(CLOSE, Frames.close(code, "bye")));
    recorder.got(new Close(CloseCode.of(code), "bye"));
    assertThat(sink.takeHex()).isEqualTo("8802" + HexFormat.of().toHexDigits((short) code));
    var closed = connection.closed().orElseThrow();
    assertThat(closed.clean()).isTrue();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.PEER);
    assertThat(closed.code()).isEqualTo(CloseCode.of(code));
    assertThat(closed.reason()).isEqualTo("bye");
  }

  @Test
  void everyOtherCloseCodeIsAViolation() {
    for (int code = 0; code <= 65535; code++) {
      var fresh = open(Limits.defaults());
      fresh.receive(client(CLOSE, Frames.close(code, "")), 0);
      var answer = sink.take();
      int answered = ((answer[2] & 0xff) << 8) | (answer[3] & 0xff);
      boolean allowed =
          (code >= 1000 && code < 1004)
              || (code >= 1007 && code < 1015)
              || (code >= 3000 && code < 5000);
      assertThat(answered).isEqualTo(allowed ? code : 1002);
    }
  }

  @Test
  void emptyCloseIsAnsweredWithAnEmptyOne() {
    receive(client(CLOSE, ""));
    recorder.got(Close.EMPTY);
    assertThat(sink.takeHex()).isEqualTo("8800");
    assertThat(connection.closed().orElseThrow().code()).isEqualTo(CloseCode.NO_STATUS);
  }

  @Test
  void nothingFollowsTheAnswerToAClose() {
    receive(client(CLOSE, Frames.close(1000, "")), client(PING, ""), client(TEXT, "late"));
    recorder.got(new Close(CloseCode.NORMAL, ""));
    assertThat(sink.takeHex()).isEqualTo("880203e8");
    assertThat(connection.send(Text.of("no"))).isFalse();
    assertThat(connection.send(Prepared.of(Text.of("no")))).isFalse();
    assertThat(connection.sendPart(true, ByteBuffer.allocate(0), true)).isFalse();
    connection.ping(0);
    connection.close(CloseCode.NORMAL, "", Closed.Cause.LOCAL, 0);
    assertThat(sink.takeHex()).isEmpty();
  }

  @Test
  void closeInTheMiddleOfAMessageDropsTheMessage() {
    receive(client(0x01, "half"), client(CLOSE, Frames.close(1000, "")));
    recorder.got(new Close(CloseCode.NORMAL, ""));
    assertThat(sink.takeHex()).isEqualTo("880203e8");
  }

  @Test
  void ownCloseWaitsForThePeersAndDropsWhatComesBetween() {
    connection.close(CloseCode.GOING_AWAY, "down", Closed.Cause.LOCAL, 7);
    assertThat(sink.takeHex()).isEqualTo("880603e9646f776e");
    assertThat(connection.open()).isFalse();
    assertThat(connection.finished()).isFalse();
    assertThat(connection.deadline()).isEqualTo(7 + 5 * SECOND);
    receive(client(TEXT, "late"), client(PING, "late"), client(PONG, ""));
    recorder.gotNothing();
    receive(client(CLOSE, Frames.close(1001, "")));
    recorder.gotNothing();
    assertThat(sink.takeHex()).as("one close frame per side").isEmpty();
    var closed = connection.closed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.LOCAL);
    assertThat(closed.clean()).isTrue();
  }

  @Test
  void ownCloseThatIsNotAnsweredEndsAfterItsTime() {
    connection.close(CloseCode.NORMAL, "", Closed.Cause.LOCAL, 0);
    connection.tick(5 * SECOND - 1);
    assertThat(connection.finished()).isFalse();
    connection.tick(5 * SECOND);
    assertThat(connection.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.TIMEOUT);
  }

  @Test
  void violationAfterOwnCloseSendsNoSecondOne() {
    connection.close(CloseCode.NORMAL, "", Closed.Cause.LOCAL, 0);
    sink.take();
    receive(hex("83"));
    assertThat(sink.takeHex()).isEmpty();
    assertThat(connection.finished()).isTrue();
  }

  @Test
  void longReasonIsCutBetweenCharacters() {
    connection.close(CloseCode.NORMAL, "€".repeat(42), Closed.Cause.LOCAL, 0);
    var bytes = sink.take();
    assertThat(bytes[1]).isEqualTo((byte) (2 + 123));
    connection.tick(5 * SECOND);
    assertThat(connection.closed().orElseThrow().sent().orElseThrow().reason())
        .isEqualTo("€".repeat(41));
    var other = open(Limits.defaults());
    other.close(CloseCode.NORMAL, "é".repeat(62), Closed.Cause.LOCAL, 0);
    assertThat(sink.take()[1]).isEqualTo((byte) (2 + 122));
  }

  @Test
  void codesThatCannotBeSentAreRefused() {
    assertThatThrownBy(() -> connection.close(CloseCode.NO_STATUS, "", Closed.Cause.LOCAL, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("close code 1005 cannot be sent");
  }

  @Test
  void lostTransportIsToldWithoutAFrame() {
    connection.lost("reset by peer");
    assertThat(sink.takeHex()).isEmpty();
    var closed = connection.closed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.LOST);
    assertThat(closed.code()).isEqualTo(CloseCode.ABNORMAL);
    assertThat(closed.detail()).isEqualTo("reset by peer");
    connection.tick(SECOND);
    connection.lost("again");
    assertThat(connection.closed()).contains(closed);
  }

  @Test
  void lossWhileClosingKeepsTheReasonForClosing() {
    connection.close(CloseCode.INTERNAL_ERROR, "", Closed.Cause.HANDLER, 0);
    connection.lost("end of stream");
    assertThat(connection.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.HANDLER);
  }

  @Test
  void abortSendsNothing() {
    connection.abort(Closed.Cause.SLOW, "queue full");
    assertThat(sink.takeHex()).isEmpty();
    assertThat(connection.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.SLOW);
  }

  // ---- endings that wait

  private Connection patient() {
    return Connection.builder(Role.SERVER, new Random(1)).patient().open(recorder, sink, 0);
  }

  @Test
  void aPatientConnectionAnswersEarlierMessagesBeforeItFails() {
    var patient = patient();
    patient.receive(join(client(TEXT, "first"), client(0x83, ""), client(PING, "")), 0);
    recorder.got(Text.of("first"));
    assertThat(sink.takeHex()).isEmpty();
    assertThat(patient.ending()).isTrue();
    assertThat(patient.finished()).isFalse();
    assertThat(patient.send(Text.of("answer"))).isTrue();
    sink.take();
    patient.conclude(1);
    assertThat(patient.ending()).isFalse();
    failsWith(patient, 1002);
    patient.conclude(2);
    assertThat(sink.takeHex()).isEmpty();
  }

  @Test
  void aPatientConnectionAnswersEarlierMessagesBeforeItCloses() {
    var patient = patient();
    patient.receive(client(CLOSE, Frames.close(1000, "bye")), 0);
    recorder.got(new Close(CloseCode.NORMAL, "bye"));
    assertThat(patient.send(Text.of("a"))).isTrue();
    patient.conclude(1);
    assertThat(sink.takeHex()).isEqualTo("810161" + "880203e8");
    var closed = patient.closed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.PEER);
    assertThat(closed.clean()).isTrue();
  }

  @Test
  void patienceEndsWithTheCloseHandshakesTime() {
    var patient = patient();
    patient.receive(client(CLOSE, Frames.close(1000, "")), 0);
    assertThat(patient.deadline()).isEqualTo(5 * SECOND);
    patient.tick(5 * SECOND - 1);
    assertThat(patient.finished()).isFalse();
    patient.tick(5 * SECOND);
    assertThat(sink.takeHex()).isEqualTo("880203e8");
    assertThat(patient.finished()).isTrue();
  }

  @Test
  void theApplicationsOwnWordReplacesTheAnswer() {
    var patient = patient();
    patient.receive(client(CLOSE, Frames.close(1000, "")), 0);
    patient.close(CloseCode.of(4000), "mine", Closed.Cause.LOCAL, 1);
    assertThat(sink.takeHex()).isEqualTo("88060fa06d696e65");
    assertThat(patient.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.PEER);
  }

  @Test
  void aPeerThatIsGoneIsNotWaitedFor() {
    var patient = patient();
    patient.receive(hex("83"), 0);
    patient.lost("reset by peer");
    assertThat(sink.takeHex()).isEmpty();
    assertThat(patient.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.VIOLATION);
  }

  // ---- sending

  @Test
  void preparedMessagesAreFramedOnceAndShared() {
    var prepared = Prepared.of(List.of(Text.of("a"), Binary.of(new byte[] {7})));
    assertThat(connection.send(prepared)).isTrue();
    assertThat(sink.takeHex()).isEqualTo("810161" + "820107");
    var frames = connection.frames(prepared).orElseThrow();
    assertThat(frames).isSameAs(open(Limits.defaults()).frames(prepared).orElseThrow());
    assertThat(frames.isReadOnly()).isTrue();
  }

  @Test
  void partsAreFragmentsAndNothingComesBetweenButControl() {
    connection.sendPart(true, ByteBuffer.wrap(new byte[] {'a'}), false);
    receive(client(PING, ""));
    assertThatThrownBy(() -> connection.send(Text.of("x")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> connection.send(Prepared.of(Text.of("x"))))
        .isInstanceOf(IllegalStateException.class);
    connection.sendPart(true, ByteBuffer.wrap(new byte[] {'b'}), false);
    connection.sendPart(true, ByteBuffer.wrap(new byte[] {'c'}), true);
    connection.sendPart(false, ByteBuffer.wrap(new byte[] {'d'}), true);
    assertThat(sink.takeHex()).isEqualTo("010161" + "8a00" + "000162" + "800163" + "820164");
  }

  @Test
  void largePayloadsAreSharedNotCopied() {
    var large = Binary.of(new byte[100_000]);
    connection.send(large);
    var sent = sink.take();
    assertThat(sent).hasSize(10 + 100_000);
  }

  // ---- the client role

  @Test
  void clientMasksWhatItSendsAndServerUnderstands() {
    for (int size : new int[] {0, 1, 125, 126, 65536, 200_001}) {
      var client = Connection.builder(Role.CLIENT, new Random(2)).open(m -> {}, sink, 0);
      var message = Binary.of(new byte[size]);
      client.send(message);
      client.send(Prepared.of(Text.of("shared")));
      var wire = ByteBuffer.wrap(sink.take());
      assertThat(wire.get(1) & 0x80).isEqualTo(0x80);
      connection.receive(wire, 0);
      recorder.got(message, Text.of("shared"));
    }
  }

  @Test
  void clientRefusesMaskedFrames() {
    var client = Connection.builder(Role.CLIENT, new Random(2)).open(recorder, sink, 0);
    client.receive(Frames.server(TEXT, "plain".getBytes(StandardCharsets.UTF_8)), 0);
    recorder.got(Text.of("plain"));
    client.receive(client(TEXT, "masked"), 0);
    recorder.gotNothing();
    assertThat(client.closed().orElseThrow().sent().orElseThrow().code())
        .isEqualTo(CloseCode.PROTOCOL_ERROR);
  }

  // ---- streaming

  @Test
  void streamedMessagesComeInPieces() {
    var streaming =
        Connection.builder(Role.SERVER, new Random(1)).streaming().open(recorder, sink, 0);
    var frame = client(TEXT, "hello€");
    streaming.receive(copy(frame, 0, 9), 0);
    streaming.receive(copy(frame, 9, frame.remaining()), 0);
    streaming.receive(join(client(0x02, "a"), client(PING, ""), client(0x80, "")), 0);
    assertThat(recorder.parts)
        .containsExactly("text hel", "text lo€ last", "binary a", "binary  last");
  }

  @Test
  void streamedTextIsCheckedAsItComes() {
    var streaming =
        Connection.builder(Role.SERVER, new Random(1)).streaming().open(recorder, sink, 0);
    streaming.receive(client(0x01, new byte[] {(byte) 0xe2}), 0);
    streaming.receive(client(0x80, new byte[0]), 0);
    failsWith(streaming, 1007);
  }

  @Test
  void streamingExcludesCompression() {
    var builder =
        Connection.builder(Role.SERVER, new Random(1))
            .streaming()
            .compression(
                PerMessageDeflate.of(
                    Role.SERVER, new DeflateParameters(true, true, 15, 15), Compression.shared()),
                new DeflateContext());
    assertThatThrownBy(() -> builder.open(recorder, sink, 0))
        .isInstanceOf(IllegalStateException.class);
  }
}
