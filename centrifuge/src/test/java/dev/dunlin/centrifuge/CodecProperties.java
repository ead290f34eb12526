package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.StreamPosition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Both encodings say the same, checked against the schema's descriptors. */
class CodecProperties {

  private static final String[] PAYLOADS = {
    "1",
    "-0.5e7",
    "null",
    "true",
    "\"\"",
    "\"ж\\n\\u0000😀\"",
    "[]",
    "{}",
    "[1,[2,{\"a\":[]}]]",
    "{\"a\":1,\"b\":\"}\"}",
    "{ \"a\" : [ 1 , 2 ] }",
    "\"\\\\\\\"\""
  };
  private static final String[] TEXTS = {
    "",
    "a",
    "chat:lobby",
    "\"\\/",
    "\n\t\r\b\u0001",
    "жёлтый",
    "日本",
    "😀",
    "$x#42,43",
    "x".repeat(300)
  };

  @Property(tries = 200)
  void aCommandMeansTheSameInBothEncodings(@ForAll long seed) throws Exception {
    var random = new Random(seed);
    int count = 1 + random.nextInt(3);
    var protobuf = new ByteArrayOutputStream();
    var json = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      var command = dev.dunlin.centrifuge.wire.Command.newBuilder().setId(1 + random.nextInt(1000));
      FieldDescriptor request = null;
      while (request == null
          || request.getName().equals("id")
          || request.getName().equals("ping")) {
        List<FieldDescriptor> fields = command.getDescriptorForType().getFields();
        request = fields.get(random.nextInt(fields.size()));
      }
      command.setField(
          request,
          command
              .newBuilderForField(request)
              .mergeFrom(message(request.getMessageType(), random, 4).toByteString())
              .build());
      command.build().writeDelimitedTo(protobuf);
      json.add(WireJson.print(command.build()));
    }
    var fromProtobuf = ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(protobuf.toByteArray()));
    var fromJson = JsonCodec.INSTANCE.decode(text(String.join("\n", json)));
    assertThat(fromProtobuf).hasSize(count).isEqualTo(fromJson);
  }

  @Property(tries = 200)
  void aReplyMeansTheSameInBothEncodings(@ForAll long seed) throws Exception {
    var random = new Random(seed);
    Reply reply =
        random.nextInt(8) == 0
            ? Reply.Failure.of(random.nextInt(9), ErrorCode.INTERNAL)
            : new Reply.Success(random.nextLong(Command.MAX_ID + 1), result(random));
    same(ProtobufCodec.INSTANCE.encode(reply), JsonCodec.INSTANCE.encode(reply));
  }

  @Property(tries = 200)
  void aPushMeansTheSameInBothEncodings(@ForAll long seed) throws Exception {
    Push push = push(new Random(seed));
    same(ProtobufCodec.INSTANCE.encode(push), JsonCodec.INSTANCE.encode(push));
  }

  private static void same(byte[] protobuf, byte[] json) throws Exception {
    var in = new ByteArrayInputStream(protobuf);
    var reply = dev.dunlin.centrifuge.wire.Reply.parseDelimitedFrom(in);
    assertThat(in.available()).isZero();
    assertThat(new String(json, UTF_8)).isEqualTo(WireJson.print(reply));
    assertThat(JsonText.valid(json)).isTrue();
    assertThat(json).doesNotContain('\n');
  }

  /** A message of this type with fields at random, as a client could send it. */
  private static Message message(Descriptor type, Random random, int depth) {
    var message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      boolean nested = field.getType() == FieldDescriptor.Type.MESSAGE;
      if (random.nextBoolean() || (nested && depth == 0)) {
        continue;
      }
      if (field.isMapField()) {
        var keys = new LinkedHashMap<String, Object>();
        for (int i = random.nextInt(3); i > 0; i--) {
          keys.put(string(random), "");
        }
        for (String key : keys.keySet()) {
          var entry = DynamicMessage.newBuilder(field.getMessageType());
          FieldDescriptor value = field.getMessageType().findFieldByName("value");
          entry.setField(field.getMessageType().findFieldByName("key"), key);
          entry.setField(value, value(value, random, depth));
          message.addRepeatedField(field, entry.build());
        }
      } else if (field.isRepeated()) {
        for (int i = random.nextInt(3); i > 0; i--) {
          message.addRepeatedField(field, value(field, random, depth));
        }
      } else {
        message.setField(field, value(field, random, depth));
      }
    }
    return message.build();
  }

  private static Object value(FieldDescriptor field, Random random, int depth) {
    return switch (field.getType()) {
      case STRING -> string(random);
      case BYTES -> ByteString.copyFromUtf8(PAYLOADS[random.nextInt(PAYLOADS.length)]);
      case BOOL -> random.nextBoolean();
      case INT32 -> random.nextInt();
      case UINT32 -> random.nextInt(1000);
      case INT64 -> random.nextLong();
      case UINT64 -> random.nextLong() >>> 1 + random.nextInt(40);
      case MESSAGE -> message(field.getMessageType(), random, depth - 1);
      default -> throw new IllegalStateException(field.toString());
    };
  }

  private static Result result(Random random) {
    return switch (random.nextInt(10)) {
      case 0 ->
          new Result.ConnectResult(
              string(random),
              string(random),
              random.nextBoolean(),
              random.nextInt(99),
              payload(random),
              subs(random),
              random.nextInt(30),
              random.nextBoolean(),
              string(random),
              string(random),
              random.nextLong(),
              random.nextLong());
      case 1 -> subscribe(random);
      case 2 -> new Result.UnsubscribeResult();
      case 3 -> new Result.PublishResult();
      case 4 -> {
        var presence = new LinkedHashMap<String, ClientInfo>();
        for (int i = random.nextInt(3); i > 0; i--) {
          presence.put(string(random), info(random));
        }
        yield new Result.PresenceResult(presence);
      }
      case 5 -> new Result.PresenceStatsResult(random.nextInt(9), random.nextInt(9));
      case 6 -> new Result.HistoryResult(publications(random), string(random), random.nextInt(9));
      case 7 -> new Result.RpcResult(payload(random));
      case 8 ->
          new Result.RefreshResult(
              string(random), string(random), random.nextBoolean(), random.nextInt(99));
      default ->
          new Result.SubRefreshResult(
              random.nextBoolean(), random.nextInt(99), publications(random));
    };
  }

  private static Push push(Random random) {
    var channel =
        random.nextBoolean()
            ? Push.Channel.named(string(random))
            : Push.Channel.numbered(random.nextInt(999));
    return switch (random.nextInt(9)) {
      case 0, 1 -> new Push.Pub(channel, publication(random));
      case 2 -> new Push.Join(channel, info(random));
      case 3 -> new Push.Leave(channel, info(random));
      case 4 -> new Push.Unsubscribe(string(random), UnsubscribeCode.INSUFFICIENT_STATE);
      case 5 ->
          new Push.Subscribe(
              string(random),
              random.nextBoolean(),
              string(random),
              random.nextInt(9),
              random.nextBoolean(),
              payload(random));
      case 6 -> new Push.Message(payload(random));
      case 7 ->
          random.nextBoolean()
              ? new Push.Disconnected(Disconnect.SHUTDOWN)
              : new Push.Refresh(random.nextBoolean(), random.nextInt(99));
      default ->
          new Push.Connect(
              string(random),
              string(random),
              payload(random),
              subs(random),
              random.nextBoolean(),
              random.nextInt(9),
              random.nextInt(9),
              random.nextBoolean(),
              string(random),
              string(random),
              random.nextLong());
    };
  }

  private static Map<String, Result.SubscribeResult> subs(Random random) {
    var subs = new LinkedHashMap<String, Result.SubscribeResult>();
    for (int i = random.nextInt(3); i > 0; i--) {
      subs.put(string(random), subscribe(random));
    }
    return subs;
  }

  private static Result.SubscribeResult subscribe(Random random) {
    var builder = Result.SubscribeResult.builder().id(random.nextInt(4)).data(payload(random));
    if (random.nextBoolean()) {
      builder.positioned(
          new StreamPosition(random.nextInt(9), string(random)), random.nextBoolean());
    }
    if (random.nextBoolean()) {
      builder.recovery(random.nextBoolean(), publications(random));
    }
    if (random.nextBoolean()) {
      builder.expires(random.nextInt(99)).delta(random.nextBoolean());
    }
    return builder.build();
  }

  private static List<WirePublication> publications(Random random) {
    var list = new ArrayList<WirePublication>();
    for (int i = random.nextInt(3); i > 0; i--) {
      list.add(publication(random));
    }
    return list;
  }

  private static WirePublication publication(Random random) {
    var plain = WirePublication.of(payload(random), random.nextInt(3) * 1000L);
    if (random.nextBoolean()) {
      return plain.withData(plain.data(), random.nextBoolean());
    }
    return new WirePublication(
        payload(random),
        random.nextBoolean() ? Optional.of(info(random)) : Optional.empty(),
        random.nextLong() >>> 1,
        random.nextBoolean() ? Map.of() : Map.of(string(random), string(random)),
        random.nextBoolean(),
        random.nextLong(),
        string(random),
        string(random),
        random.nextBoolean(),
        random.nextLong(),
        string(random),
        random.nextInt(9));
  }

  private static ClientInfo info(Random random) {
    return ClientInfo.of(string(random), string(random))
        .withConnInfo(Bytes.array(payload(random)))
        .withChanInfo(Bytes.array(payload(random)));
  }

  private static String string(Random random) {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private static ByteBuffer payload(Random random) {
    return random.nextInt(4) == 0
        ? Codec.NOTHING
        : text(PAYLOADS[random.nextInt(PAYLOADS.length)]).asReadOnlyBuffer();
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
