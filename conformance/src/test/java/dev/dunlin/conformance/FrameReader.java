package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads what a server sends, as strictly as RFC 6455 and RFC 7692 allow, into {@link Event}s.
 *
 * <p>Every frame must be unmasked, its length in the shortest form, its reserved bits agreed on,
 * its text UTF-8; after a close frame nothing may come. Pings are passed over.
 */
final class FrameReader {

  private final Optional<WindowInflater> inflater;
  private final ArrayDeque<Event> events = new ArrayDeque<>();
  private final ByteArrayOutputStream message = new ByteArrayOutputStream();
  private byte[] pending = new byte[1024];
  private int from;
  private int to;
  private int messageOpcode;
  private boolean compressed;
  private boolean closed;
  private long frames;
  private long dataBytes;

  /** A reader for a connection without compression. */
  FrameReader() {
    this.inflater = Optional.empty();
  }

  /** A reader that inflates with what was agreed. */
  FrameReader(WindowInflater inflater) {
    this.inflater = Optional.of(inflater);
  }

  ArrayDeque<Event> events() {
    return events;
  }

  /** The payload bytes of data frames so far, as they stood on the wire. */
  long dataBytes() {
    return dataBytes;
  }

  long frames() {
    return frames;
  }

  void read(byte[] bytes, int offset, int length) {
    if (pending.length - to < length) {
      int held = to - from;
      var larger =
          held + length <= pending.length
              ? pending
              : new byte[Math.max(pending.length * 2, held + length)];
      System.arraycopy(pending, from, larger, 0, held);
      pending = larger;
      from = 0;
      to = held;
    }
    System.arraycopy(bytes, offset, pending, to, length);
    to += length;
    while (frame()) {}
  }

  private boolean frame() {
    int held = to - from;
    if (held < 2) {
      return false;
    }
    int first = pending[from] & 0xff;
    int second = pending[from + 1] & 0xff;
    int header = 2;
    long length = second & 0x7f;
    if (length >= 126) {
      int octets = length == 126 ? 2 : 8;
      header += octets;
      if (held < header) {
        return false;
      }
      long least = length == 126 ? 126 : 65536;
      length = 0;
      for (int i = 0; i < octets; i++) {
        length = length << 8 | pending[from + 2 + i] & 0xff;
      }
      if (length < least) {
        fault("a frame length that is not in its shortest form");
      }
    }
    if (second >= 0x80) {
      fault("a masked frame");
    }
    if (length > 1 << 28) {
      fault("a frame of " + length + " bytes");
      from = to;
      return false;
    }
    if (held - header < length) {
      return false;
    }
    var payload = Arrays.copyOfRange(pending, from + header, from + header + (int) length);
    from += header + (int) length;
    frames++;
    if (closed) {
      fault("a frame after the close frame");
    }
    take(first >= 0x80, first >> 4 & 7, first & 0x0f, payload);
    return true;
  }

  private void take(boolean fin, int rsv, int opcode, byte[] payload) {
    boolean begins = opcode == Frame.TEXT || opcode == Frame.BINARY;
    if (rsv != 0 && !(rsv == 4 && begins && inflater.isPresent())) {
      fault("reserved bits " + rsv + " on opcode " + opcode);
    }
    if (opcode >= 8 && (!fin || payload.length > 125)) {
      fault("a control frame that is fragmented or over 125 bytes");
    }
    switch (opcode) {
      case Frame.TEXT, Frame.BINARY, Frame.CONTINUATION -> {
        if (begins != (messageOpcode == 0)) {
          fault("a fragment out of order");
        }
        dataBytes += payload.length;
        message.writeBytes(payload);
        if (begins) {
          messageOpcode = opcode;
          compressed = rsv == 4;
        }
        if (fin) {
          complete();
        }
      }
      case Frame.CLOSE -> close(payload);
      case Frame.PING -> {}
      case Frame.PONG -> events.add(Event.pong(payload));
      default -> fault("opcode " + opcode);
    }
  }

  private void complete() {
    var bytes = message.toByteArray();
    message.reset();
    boolean text = messageOpcode == Frame.TEXT;
    messageOpcode = 0;
    if (compressed) {
      try {
        bytes = inflater.orElseThrow().message(bytes);
      } catch (IllegalStateException e) {
        fault(String.valueOf(e.getMessage()));
        return;
      }
    }
    if (text && !utf8(bytes)) {
      fault("text that is not UTF-8");
    }
    events.add(new Event.Message(text, bytes));
  }

  private void close(byte[] payload) {
    closed = true;
    if (payload.length == 0) {
      events.add(new Event.Close(Event.NO_CODE, ""));
    } else if (payload.length == 1) {
      fault("a close frame with half a code");
    } else {
      var reason = Arrays.copyOfRange(payload, 2, payload.length);
      if (!utf8(reason)) {
        fault("a close reason that is not UTF-8");
      }
      int code = (payload[0] & 0xff) << 8 | payload[1] & 0xff;
      events.add(new Event.Close(code, new String(reason, StandardCharsets.UTF_8)));
    }
  }

  /** Whether bytes are UTF-8, as the JDK's decoder sees it. */
  static boolean utf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private void fault(String what) {
    events.add(new Event.Fault(what));
  }
}
