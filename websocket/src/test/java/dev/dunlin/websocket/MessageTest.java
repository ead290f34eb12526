package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageTest {

  @Test
  void textIsItsUtf8() {
    var text = Text.of("κόσμε");
    assertThat(text.size()).isEqualTo(10);
    assertThat(text.toByteArray()).isEqualTo("κόσμε".getBytes(StandardCharsets.UTF_8));
    assertThat(text.value()).isEqualTo("κόσμε");
    assertThat(Text.of(text.toByteArray())).isEqualTo(text).hasSameHashCodeAs(text);
    assertThat(Text.of(text.bytes()).value()).isEqualTo("κόσμε");
    assertThat(text.copy()).isSameAs(text);
  }

  @Test
  void textThatHasNoUtf8FormIsRefused() {
    assertThatThrownBy(() -> Text.of("a\ud800"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("text with a lone surrogate at index 1 has no UTF-8 form");
    assertThatThrownBy(() -> Text.of("\udc00\ud800")).hasMessageContaining("index 0");
    assertThatThrownBy(() -> Text.of("\ud800\ud800\udc00")).hasMessageContaining("index 0");
    assertThat(Text.of("\ud83d\udc26").size()).isEqualTo(4);
  }

  @Test
  void bytesThatAreNotUtf8AreRefusedAsText() {
    assertThatThrownBy(() -> Text.of(new byte[] {'a', (byte) 0xc3}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("text of 2 bytes is not UTF-8");
  }

  @Test
  void messagesKeepTheirBytesWhenTheSourceChanges() {
    var source = new byte[] {1, 2, 3};
    var binary = Binary.of(source);
    source[0] = 9;
    assertThat(binary.toByteArray()).containsExactly(1, 2, 3);
    var buffer = ByteBuffer.wrap(new byte[] {'x', 'a', 'b'}).position(1);
    var text = Text.of(buffer);
    buffer.put(1, (byte) 'z');
    assertThat(text.value()).isEqualTo("ab");
    assertThat(buffer.position()).isEqualTo(1);
  }

  @Test
  void bytesAreReadOnly() {
    assertThat(Binary.of(new byte[1]).bytes().isReadOnly()).isTrue();
    assertThat(new Ping(ByteBuffer.allocate(3)).payload().isReadOnly()).isTrue();
  }

  @Test
  void equalBytesOfTheSameKindAreEqual() {
    var binary = Binary.of(new byte[] {'a'});
    assertThat(binary).isEqualTo(Binary.of(new byte[] {'a'})).hasSameHashCodeAs(binary.copy());
    assertThat(binary).isNotEqualTo(Binary.of(new byte[] {'b'})).isNotEqualTo(Text.of("a"));
    assertThat(Text.of("a")).isNotEqualTo(binary).isNotEqualTo(Text.of("b"));
  }

  @Test
  void contentStaysOutOfLogs() {
    assertThat(Text.of("secret").toString()).isEqualTo("Text[6 bytes]");
    assertThat(Binary.of(new byte[7]).toString()).isEqualTo("Binary[7 bytes]");
  }

  @Test
  void controlPayloadsHaveTheirLimit() {
    assertThat(new Pong(ByteBuffer.allocate(125)).payload().remaining()).isEqualTo(125);
    assertThatThrownBy(() -> new Ping(ByteBuffer.allocate(126)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a control payload of 126 bytes is over the limit of 125");
  }

  @Test
  void closeCodesHaveTheirRange() {
    assertThat(CloseCode.of(1000)).isEqualTo(CloseCode.NORMAL).hasToString("1000");
    assertThatThrownBy(() -> CloseCode.of(65536)).hasMessageContaining("65536");
    assertThatThrownBy(() -> CloseCode.of(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSwitchOverMessagesNeedsNoDefault() {
    for (Message message : List.of(Text.of("t"), Binary.of(new byte[0]), Close.EMPTY)) {
      String kind =
          switch (message) {
            case Text text -> text.value();
            case Binary binary -> "b" + binary.size();
            case Ping ping -> "ping";
            case Pong pong -> "pong";
            case Close close -> "close " + close.code();
          };
      assertThat(kind).isIn("t", "b0", "close 1005");
    }
  }

  @Test
  void preparedCountsItsPayload() {
    var prepared = Prepared.of(List.of(Text.of("ab"), Binary.of(new byte[3])));
    assertThat(prepared.size()).isEqualTo(5);
    assertThat(prepared.messages()).hasSize(2);
  }
}
