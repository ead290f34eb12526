package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dunlin.centrifuge.Command.Call;
import dev.dunlin.centrifuge.Request.PublishRequest;
import dev.dunlin.centrifuge.Request.SubscribeRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client can send to do harm is a bad command, whatever else it is. */
class HostileInputTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "{}\n\n",
        "\n{}",
        "{}\n\n{}",
        "[]",
        "1",
        "null",
        "{",
        "{}{}",
        "{} x",
        "{\"id\":1}",
        "{\"id\":1,\"ping\":{}}",
        "{\"id\":1,\"subscribe\":null}",
        "{\"id\":-1,\"subscribe\":{}}",
        "{\"id\":4294967296,\"subscribe\":{}}",
        "{\"id\":1.5,\"subscribe\":{}}",
        "{\"id\":1e3,\"subscribe\":{}}",
        "{\"id\":\"1\",\"subscribe\":{}}",
        "{\"id\":1,\"subscribe\":[]}",
        "{\"id\":1,\"subscribe\":{\"channel\":5}}",
        "{\"id\":1,\"subscribe\":{\"offset\":-1}}",
        "{\"id\":1,\"subscribe\":{\"offset\":18446744073709551615}}",
        "{\"id\":1,\"subscribe\":{\"offset\":\"7\"}}",
        "{\"id\":1,\"subscribe\":{\"recover\":1}}",
        "{\"id\":1,\"subscribe\":{\"tf\":[]}}",
        "{\"id\":1,\"subscribe\":{\"tf\":{\"nodes\":[null]}}}",
        "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":}}",
        "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":{\"a\":01}}}",
        "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":NaN}}",
        "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":'a'}}",
        "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":[1,]}}",
        "{\"id\":1,\n\"publish\":{\"channel\":\"a\",\"data\":1}}",
        "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":\"\u0001\"}}",
        "{\u0000\"\u0000i\u0000",
        "{\"id\":1,\"connect\":{\"subs\":{\"a\":null}}}",
        "{\"id\":1,\"subscribe\":{}}}",
        "{\"id\":1,\"subscribe\":{},}",
      })
  void jsonThatIsNoCommandIsRefused(String message) {
    refused(JsonCodec.INSTANCE, message.getBytes(UTF_8));
  }

  @Test
  void nestingOf100000LevelsIsRefusedEverywhereInJson() {
    String deep = "[".repeat(100_000) + "]".repeat(100_000);
    String objects = "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000);
    String filters = "{\"nodes\":[".repeat(100_000) + "]}".repeat(100_000);
    refused(JsonCodec.INSTANCE, deep.getBytes(UTF_8));
    refused(JsonCodec.INSTANCE, objects.getBytes(UTF_8));
    refused(JsonCodec.INSTANCE, json("publish", "data", deep));
    refused(JsonCodec.INSTANCE, json("publish", "data", objects));
    refused(JsonCodec.INSTANCE, json("publish", "unknown", deep));
    refused(JsonCodec.INSTANCE, json("subscribe", "tf", filters));
    refused(JsonCodec.INSTANCE, json("connect", "data", "[".repeat(100_000)));
  }

  @Test
  void payloadsNestUpTo32Levels() throws Exception {
    String allowed = "[".repeat(32) + "]".repeat(32);
    assertThat(JsonCodec.INSTANCE.decode(ByteBuffer.wrap(json("publish", "data", allowed))))
        .hasSize(1);
    refused(JsonCodec.INSTANCE, json("publish", "data", "[" + allowed + "]"));
  }

  @Test
  void invalidUtf8IsRefusedInBothEncodings() {
    for (String bad : new String[] {"\u00ff", "\u00c0\u0080", "\u00ed\u00a0\u0080", "\u00d0"}) {
      refused(
          JsonCodec.INSTANCE,
          ("{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":\"" + bad + "\"}}")
              .getBytes(ISO_8859_1));
      refused(JsonCodec.INSTANCE, ("{\"id\":1,\"x\":\"" + bad + "\"}").getBytes(ISO_8859_1));
    }
    refused(ProtobufCodec.INSTANCE, new byte[] {6, 0x08, 1, 0x2a, 3, 0x0a, 1, (byte) 0xff});
    refused(ProtobufCodec.INSTANCE, new byte[] {7, 0x08, 1, 0x2a, 3, 0x0a, 1, (byte) 0xff});
  }

  @Test
  void declaredLengthsAreComparedWithWhatIsThere() {
    refused(ProtobufCodec.INSTANCE, new byte[0]);
    refused(ProtobufCodec.INSTANCE, new byte[] {1});
    refused(ProtobufCodec.INSTANCE, new byte[] {(byte) 0x80});
    refused(ProtobufCodec.INSTANCE, new byte[] {0, (byte) 0xff});
    // 2^31, 2^32 - 1, and a varint that never ends
    refused(ProtobufCodec.INSTANCE, new byte[] {-128, -128, -128, -128, 8, 1});
    refused(ProtobufCodec.INSTANCE, new byte[] {-1, -1, -1, -1, 15, 1});
    refused(ProtobufCodec.INSTANCE, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1});
    // the same inside a command: a channel of 2^31 - 1 bytes
    refused(ProtobufCodec.INSTANCE, new byte[] {8, 0x2a, 7, 0x0a, -1, -1, -1, -1, 7, 1});
  }

  @Test
  void nestingOf100000LevelsIsRefusedInProtobuf() {
    byte[] groups = new byte[100_000];
    Arrays.fill(groups, (byte) ((20 << 3 | 3) & 0x7f)); // start of an unknown group
    refused(ProtobufCodec.INSTANCE, delimited(groups));
    byte[] filter = new byte[0];
    for (int level = 0; level < 2000; level++) {
      filter = field(6, filter);
    }
    refused(ProtobufCodec.INSTANCE, delimited(field(5, field(13, filter))));
  }

  @Test
  void groupEndsWithoutStartsAndUnknownRequestsAreRefused() {
    refused(ProtobufCodec.INSTANCE, delimited(new byte[] {0x0c}));
    refused(ProtobufCodec.INSTANCE, delimited(new byte[] {0x08, 1}));
    refused(ProtobufCodec.INSTANCE, delimited(new byte[] {0x08, 1, 0x5a, 0})); // ping
  }

  @Test
  void unknownFieldsAreIgnoredInBothEncodings() throws Exception {
    String json =
        "{\"new\":[{\"a\":1}],\"id\":1,\"publish\":{\"x\":{\"y\":[]},\"channel\":\"a\",\"data\":2}}";
    var expected = new Call(1, new PublishRequest("a", text("2"), 0, "", false));
    assertThat(JsonCodec.INSTANCE.decode(text(json))).containsExactly(expected);
    var bytes = new ByteArrayOutputStream();
    byte[] publish = {0x0a, 1, 'a', 0x12, 1, '2', (byte) 0xfa, 1, 1, 'x'};
    bytes.writeBytes(new byte[] {0x08, 1, (byte) 0xf2, 1, 2, 7, 7});
    bytes.writeBytes(field(7, publish));
    assertThat(ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(delimited(bytes.toByteArray()))))
        .containsExactly(expected);
  }

  @Test
  void theLastOfRepeatedKeysCountsAndNullIsAbsent() throws Exception {
    assertThat(
            JsonCodec.INSTANCE.decode(
                text(
                    "{\"id\":1,\"publish\":{\"channel\":\"a\",\"channel\":\"b\",\"data\":1,"
                        + "\"data\":{\"x\":null},\"key\":null},\"id\":2}")))
        .containsExactly(new Call(2, new PublishRequest("b", text("{\"x\":null}"), 0, "", false)));
  }

  @Test
  void aPayloadIsCutOutAsItStands() throws Exception {
    for (String payload :
        new String[] {
          "1",
          "-1.50E+07",
          "null",
          "true",
          "false",
          "\"\\u0041\\/\"",
          "[ 1 ,2]",
          "{ \"b\":1,\"a\":2 }",
          "123456789012345678901234567890",
          "\"" + "ж".repeat(5000) + "\"",
          "[" + "1,".repeat(9999) + "1]",
          "1" + "0".repeat(20_000)
        }) {
      for (String format :
          new String[] {
            "{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":%s}}",
            " { \"id\" : 1 , \"publish\" : { \"data\" : %s , \"channel\" : \"a\" } } \r",
            "{\"publish\":{\"data\":%s,\"channel\":\"a\"},\"id\":1}\n"
          }) {
        assertThat(JsonCodec.INSTANCE.decode(text(format.formatted(payload))))
            .containsExactly(new Call(1, new PublishRequest("a", text(payload), 0, "", false)));
      }
    }
  }

  @Test
  void theInputIsNeitherMovedNorKept() throws Exception {
    ByteBuffer message = text("{\"id\":1,\"publish\":{\"channel\":\"a\",\"data\":\"xyz\"}}");
    var direct = ByteBuffer.allocateDirect(message.remaining() + 6).position(3);
    direct.put(message.duplicate()).limit(direct.position()).position(3);
    for (ByteBuffer input : new ByteBuffer[] {message, direct}) {
      int position = input.position();
      var command = (Call) JsonCodec.INSTANCE.decode(input).getFirst();
      assertThat(input.position()).isEqualTo(position);
      for (int i = position; i < input.limit(); i++) {
        input.put(i, (byte) '#');
      }
      assertThat(((PublishRequest) command.request()).data()).isEqualTo(text("\"xyz\""));
    }
    byte[] protobuf = {10, 0x08, 1, 0x3a, 6, 0x0a, 1, 'a', 0x12, 1, '2'};
    var command = (Call) ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(protobuf)).getFirst();
    Arrays.fill(protobuf, (byte) 0);
    assertThat(((PublishRequest) command.request()).data()).isEqualTo(text("2"));
  }

  @Test
  void anIdOfZeroIsAPongUnlessTheRequestIsASend() throws Exception {
    assertThat(JsonCodec.INSTANCE.decode(text("{}\n{\"id\":0}\n{\"subscribe\":{}}\n")))
        .containsExactly(Command.PONG, Command.PONG, Command.PONG);
    assertThat(ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(new byte[] {0, 2, 0x2a, 0, 0})))
        .containsExactly(Command.PONG, Command.PONG, Command.PONG);
  }

  @Test
  void theFirstRequestInTheProtocolsOrderCounts() throws Exception {
    Call call =
        (Call)
            JsonCodec.INSTANCE
                .decode(text("{\"id\":1,\"publish\":{},\"subscribe\":{\"channel\":\"a\"}}"))
                .getFirst();
    assertThat(call.request()).isInstanceOf(SubscribeRequest.class);
  }

  @Test
  void tokensAndSessionsStayOutOfTexts() throws Exception {
    for (String json :
        new String[] {
          "{\"id\":1,\"connect\":{\"token\":\"sesame\",\"subs\":{\"a\":{\"token\":\"sesame\"}}}}",
          "{\"id\":1,\"subscribe\":{\"token\":\"sesame\"}}",
          "{\"id\":1,\"refresh\":{\"token\":\"sesame\"}}",
          "{\"id\":1,\"sub_refresh\":{\"token\":\"sesame\",\"track\":[{\"signature\":\"sesame\"}]}}"
        }) {
      assertThat(JsonCodec.INSTANCE.decode(text(json)).toString()).doesNotContain("sesame");
    }
  }

  @Test
  void hugeNumbersAreRefusedWithoutBeingRead() {
    refused(
        JsonCodec.INSTANCE, ("{\"id\":" + "9".repeat(1_000_000) + ",\"send\":{}}").getBytes(UTF_8));
    refused(JsonCodec.INSTANCE, "{\"id\":1e999999999,\"send\":{}}".getBytes(UTF_8));
  }

  private static void refused(Codec codec, byte[] message) {
    assertThatExceptionOfType(BadCommandException.class)
        .isThrownBy(() -> codec.decode(ByteBuffer.wrap(message)));
  }

  private static byte[] json(String request, String field, String value) {
    return ("{\"id\":1,\"" + request + "\":{\"" + field + "\":" + value + "}}").getBytes(UTF_8);
  }

  private static byte[] delimited(byte[] message) {
    var out = new ByteArrayOutputStream();
    varint(out, message.length);
    out.writeBytes(message);
    return out.toByteArray();
  }

  private static byte[] field(int number, byte[] value) {
    var out = new ByteArrayOutputStream();
    out.write(number << 3 | 2);
    varint(out, value.length);
    out.writeBytes(value);
    return out.toByteArray();
  }

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    for (; rest > 0x7f; rest >>>= 7) {
      out.write(rest & 0x7f | 0x80);
    }
    out.write(rest);
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
