package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.Command.Call;
import dev.dunlin.centrifuge.Request.ConnectRequest;
import dev.dunlin.centrifuge.Request.HistoryRequest;
import dev.dunlin.centrifuge.Request.PublishRequest;
import dev.dunlin.centrifuge.Request.RefreshRequest;
import dev.dunlin.centrifuge.Request.RpcRequest;
import dev.dunlin.centrifuge.Request.SendRequest;
import dev.dunlin.centrifuge.Request.SubRefreshRequest;
import dev.dunlin.centrifuge.Request.SubscribeRequest;
import dev.dunlin.centrifuge.Request.UnsubscribeRequest;
import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Frames captured from the real SDKs, byte for byte. */
class GoldenFramesTest {

  @Test
  void connectOfTheJavaScriptSdk() throws Exception {
    Call call = protobuf("08 0801 2204 2202 6a73");
    assertThat(call.id()).isEqualTo(1);
    var connect = (ConnectRequest) call.request();
    assertThat(connect.name()).isEqualTo("js");
    assertThat(connect.token()).isEmpty();
    assertThat(connect.data().hasRemaining()).isFalse();
  }

  @Test
  void connectOfTheJavaSdk() throws Exception {
    Call call = protobuf("0a 0801 2206 2204 6a617661");
    assertThat(((ConnectRequest) call.request()).name()).isEqualTo("java");
  }

  @Test
  void subscribeOfTheJavaScriptSdkSetsFlagOne() throws Exception {
    Call call = protobuf("0c 0802 2a08 0a04 74657374 7001");
    var subscribe = (SubscribeRequest) call.request();
    assertThat(call.id()).isEqualTo(2);
    assertThat(subscribe.channel()).isEqualTo("test");
    assertThat(subscribe.flag()).isEqualTo(1);
    assertThat(subscribe.compaction()).isTrue();
    assertThat(subscribe.rejectUnrecovered()).isFalse();
  }

  @Test
  void subscribeOfTheOlderJavaSdkHasNoFlag() throws Exception {
    Call call = protobuf("0a 0802 2a06 0a04 6a657870");
    var subscribe = (SubscribeRequest) call.request();
    assertThat(subscribe.channel()).isEqualTo("jexp");
    assertThat(subscribe.compaction()).isFalse();
  }

  @Test
  void unsubscribe() throws Exception {
    Call call = protobuf("0a 0803 3206 0a04 74657374");
    assertThat(call).isEqualTo(new Call(3, new UnsubscribeRequest("test")));
  }

  @Test
  void publish() throws Exception {
    Call call = protobuf("12 0803 3a0e 0a03 657870 1207 7b2261223a317d");
    assertThat(call)
        .isEqualTo(new Call(3, new PublishRequest("exp", text("{\"a\":1}"), 0, "", false)));
  }

  @Test
  void history() throws Exception {
    Call call = protobuf("0b 0804 5207 0a03 657870 3802");
    assertThat(call).isEqualTo(new Call(4, new HistoryRequest("exp", 2, Optional.empty(), false)));
  }

  @Test
  void rpcOfTheJavaSdk() throws Exception {
    Call call = protobuf("18 0802 6a14 0a02 7b7d 120e 646f65732d6e6f742d6578697374");
    assertThat(call).isEqualTo(new Call(2, new RpcRequest(text("{}"), "does-not-exist")));
  }

  @Test
  void pingAndPongOfProtobuf() throws Exception {
    assertThat(ProtobufCodec.INSTANCE.ping()).isEqualTo(hex("00"));
    assertThat(ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(hex("00"))))
        .containsExactly(Command.PONG);
  }

  @Test
  void pingAndPongOfJson() throws Exception {
    assertThat(JsonCodec.INSTANCE.ping()).isEqualTo("{}".getBytes(UTF_8));
    assertThat(JsonCodec.INSTANCE.decode(text("{}"))).containsExactly(Command.PONG);
  }

  @Test
  void subscribeReply() {
    var result =
        Result.SubscribeResult.builder().positioned(new StreamPosition(1, "3fb5ab"), true).build();
    assertThat(ProtobufCodec.INSTANCE.encode(new Reply.Success(2, result)))
        .isEqualTo(hex("12 0802 320e 1801 3206 336662356162 4801 5001"));
  }

  @Test
  void firstJsonFrameOfTheJavaScriptSdk() throws Exception {
    List<Command> commands =
        JsonCodec.INSTANCE.decode(
            text(
                """
                {"connect":{"token":"t","data":{"hi":1},"name":"js","version":"1.2"},"id":1}
                {"subscribe":{"channel":"exp3","data":{"a":1},"flag":1,"recover":true},"id":2}
                {"subscribe":{"channel":"exp2","token":"s","positioned":true,"recoverable":true,\
                "join_leave":true,"flag":1},"id":3}\
                """));
    assertThat(commands).hasSize(3);
    var connect = (ConnectRequest) ((Call) commands.get(0)).request();
    assertThat(connect.token()).isEqualTo("t");
    assertThat(connect.data()).isEqualTo(text("{\"hi\":1}"));
    assertThat(connect.name()).isEqualTo("js");
    assertThat(connect.version()).isEqualTo("1.2");
    var exp3 = (SubscribeRequest) ((Call) commands.get(1)).request();
    assertThat(exp3.recover()).isTrue();
    assertThat(exp3.data()).isEqualTo(text("{\"a\":1}"));
    var exp2 = (SubscribeRequest) ((Call) commands.get(2)).request();
    assertThat(exp2.token()).isEqualTo("s");
    assertThat(exp2.positioned() && exp2.recoverable() && exp2.joinLeave()).isTrue();
    assertThat(((Call) commands.get(2)).id()).isEqualTo(3);
  }

  @Test
  void refreshSubRefreshAndSendInJson() throws Exception {
    assertThat(JsonCodec.INSTANCE.decode(text("{\"refresh\":{\"token\":\"t\"},\"id\":4}")))
        .containsExactly(new Call(4, new RefreshRequest("t")));
    assertThat(
            JsonCodec.INSTANCE.decode(
                text("{\"sub_refresh\":{\"channel\":\"exp2\",\"token\":\"t\"},\"id\":5}")))
        .containsExactly(new Call(5, new SubRefreshRequest("exp2", "t", 0, List.of(), List.of())));
    assertThat(JsonCodec.INSTANCE.decode(text("{\"send\":{\"data\":{\"x\":1}}}")))
        .containsExactly(new Call(0, new SendRequest(text("{\"x\":1}"))));
  }

  private static Call protobuf(String frame) throws BadCommandException {
    return (Call) ProtobufCodec.INSTANCE.decode(ByteBuffer.wrap(hex(frame))).getFirst();
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
