package dev.dunlin.conformance;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** What a server did, as the suite's client sees it: one message, one control frame, or a fault. */
sealed interface Event {

  /** The close frame had no code. */
  int NO_CODE = -1;

  record Message(boolean text, byte[] bytes) implements Event {
    @Override
    public boolean equals(Object other) {
      return other instanceof Message message
          && message.text == text
          && Arrays.equals(message.bytes, bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return (text ? "text " : "binary ") + show(bytes);
    }
  }

  record Pong(byte[] bytes) implements Event {
    @Override
    public boolean equals(Object other) {
      return other instanceof Pong pong && Arrays.equals(pong.bytes, bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return "pong " + show(bytes);
    }
  }

  record Close(int code, String reason) implements Event {
    @Override
    public String toString() {
      return "close " + (code == NO_CODE ? "without code" : code + " \"" + reason + "\"");
    }
  }

  /** The server broke the protocol itself. */
  record Fault(String what) implements Event {
    @Override
    public String toString() {
      return "fault: " + what;
    }
  }

  static Event text(byte[] bytes) {
    return new Message(true, bytes);
  }

  static Event text(String text) {
    return text(text.getBytes(StandardCharsets.UTF_8));
  }

  static Event binary(byte[] bytes) {
    return new Message(false, bytes);
  }

  static Event pong(byte[] bytes) {
    return new Pong(bytes);
  }

  static Event pong(String text) {
    return pong(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String show(byte[] bytes) {
    if (bytes.length > 24) {
      return "of " + bytes.length + " bytes";
    }
    return bytes.length == 0 ? "(empty)" : HexFormat.of().formatHex(bytes);
  }
}
