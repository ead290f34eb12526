package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A receiver that keeps what it got and insists that all of it is looked at. */
final class Recorder implements Receiver {

  final List<Message> messages = new ArrayList<>();
  final List<String> parts = new ArrayList<>();

  @Override
  public void onMessage(Message message) {
    messages.add(message instanceof Data data ? data.copy() : message);
  }

  @Override
  public void onPart(boolean text, ByteBuffer bytes, boolean last) {
    var copy = new byte[bytes.remaining()];
    bytes.get(copy);
    parts.add((text ? "text " : "binary ") + new String(copy) + (last ? " last" : ""));
  }

  void got(Message... expected) {
    assertThat(messages).containsExactly(expected);
    messages.clear();
  }

  void gotNothing() {
    assertThat(messages).isEmpty();
  }
}
