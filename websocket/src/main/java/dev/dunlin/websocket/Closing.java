package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ends (RFC 6455, 5.5.1 and 7): what each side has said, in which order, and by
 * when. Made when the end begins, so that a connection that lives has none.
 */
final class Closing {

  private static final int MAX_REASON_BYTES = ControlPayload.MAX_BYTES - 2;

  private final Connection connection;

  /** What is still to be said to a peer that has ended it, once the owner is ready. */
  private @Nullable Close answer;

  private String answerDetail = "";
  private @Nullable Close sent;
  private @Nullable Close received;
  private @Nullable Closed closed;
  private Closed.Cause cause = Closed.Cause.LOCAL;
  private long closeBy = Connection.NEVER;

  Closing(Connection connection) {
    this.connection = connection;
  }

  // ---- where it stands

  /** Whether messages may be sent: no close frame has been. */
  boolean mayStillSend() {
    return sent == null && closed == null;
  }

  /** Whether what arrives still matters: the peer may have to answer our close frame. */
  boolean receiving() {
    return received == null && answer == null && closed == null;
  }

  /** Whether the application still gets messages: not once it has closed. */
  boolean listening() {
    return sent == null;
  }

  /** Whether the peer has ended it and the last word is ours. */
  boolean ending() {
    return answer != null && closed == null;
  }

  Optional<Closed> closed() {
    return Optional.ofNullable(closed);
  }

  boolean finished() {
    return closed != null;
  }

  // ---- the peer's part

  /** Reads the payload of a close frame. */
  static Close parse(ByteBuffer payload) throws ProtocolViolation {
    int size = payload.remaining();
    if (size == 0) {
      return Close.EMPTY;
    }
    // RFC 6455, 5.5.1: a body begins with a two-octet code
    if (size == 1) {
      throw ProtocolViolation.protocolError("a close frame has half a code");
    }
    int first = payload.position();
    var code = CloseCode.of(((payload.get(first) & 0xff) << 8) | (payload.get(first + 1) & 0xff));
    if (!code.sendable()) {
      throw ProtocolViolation.protocolError("close code " + code + " cannot be sent");
    }
    if (!Utf8.valid(payload, first + 2, size - 2)) {
      throw new ProtocolViolation(CloseCode.INVALID_DATA, "a close reason is not UTF-8");
    }
    var reason = new byte[size - 2];
    payload.get(first + 2, reason);
    return new Close(code, new String(reason, StandardCharsets.UTF_8));
  }

  /** The peer's close frame has come; whether it was the first. */
  boolean received(Close close, long now) {
    var complete = "the close handshake is complete";
    received = close;
    if (sent != null) {
      finish(cause, complete);
      return false;
    }
    cause = Closed.Cause.PEER;
    // RFC 6455, 5.5.1: the answer typically echoes the code
    end(Close.of(close.code()), complete, now);
    return true;
  }

  /** Breaks off because of what the peer did (RFC 6455, 7.1.7). */
  void fail(CloseCode code, String sentence, long now) {
    if (sent == null) {
      cause = Closed.Cause.VIOLATION;
      end(new Close(code, sentence), sentence, now);
    } else {
      finish(Closed.Cause.VIOLATION, sentence);
    }
  }

  /** Says the last word, now or when the owner is ready for it. */
  private void end(Close close, String detail, long now) {
    answer = close;
    answerDetail = detail;
    if (connection.patient()) {
      closeBy = deadline(now);
    } else {
      conclude();
    }
  }

  /** Says the last word that was held back. */
  void conclude() {
    var close = answer;
    if (close != null && closed == null) {
      if (sent == null) {
        write(close);
      }
      finish(cause, answerDetail);
    }
  }

  // ---- our part

  /** Begins the close handshake, or has its own word where the peer was first. */
  void close(CloseCode code, String reason, Closed.Cause why, long now) {
    if (answer != null) {
      answer = new Close(code, reason);
      conclude();
      return;
    }
    cause = why;
    closeBy = deadline(now);
    write(new Close(code, reason));
  }

  /** The peer has not answered a ping: it hears why, and is not waited for. */
  void noPong() {
    cause = Closed.Cause.TIMEOUT;
    write(new Close(CloseCode.POLICY_VIOLATION, "no pong"));
    finish(Closed.Cause.TIMEOUT, "the peer did not answer a ping in time");
  }

  private void write(Close close) {
    var reason = close.reason().getBytes(StandardCharsets.UTF_8);
    int size = Math.min(reason.length, MAX_REASON_BYTES);
    while (size < reason.length && size > 0 && (reason[size] & 0xc0) == 0x80) {
      size--; // never inside a character
    }
    var payload = ByteBuffer.allocate(MAX_REASON_BYTES + 2);
    if (close.code().sendable()) {
      payload.putShort((short) close.code().value()).put(reason, 0, size);
      sent = new Close(close.code(), new String(reason, 0, size, StandardCharsets.UTF_8));
    } else {
      sent = Close.EMPTY;
    }
    connection.writeClose(payload.flip());
  }

  // ---- time and the end

  private long deadline(long now) {
    return now + connection.limits().closeHandshake().toNanos();
  }

  /** By when the next step must have happened. */
  long deadline() {
    return closed == null ? closeBy : Connection.NEVER;
  }

  void tick(long now) {
    if (closed != null || closeBy == Connection.NEVER || now - closeBy < 0) {
      return;
    }
    if (answer != null) {
      conclude();
    } else {
      // who closed for a reason of its own keeps that reason
      finish(
          cause == Closed.Cause.LOCAL ? Closed.Cause.TIMEOUT : cause,
          "the peer did not answer the close frame in time");
    }
  }

  /** The transport has ended. */
  void lost(String detail) {
    // who closed for a reason of its own keeps that reason
    boolean reasoned = (sent != null || answer != null) && cause != Closed.Cause.LOCAL;
    finish(reasoned ? cause : Closed.Cause.LOST, detail);
  }

  void finish(Closed.Cause why, String detail) {
    if (closed == null) {
      closed = new Closed(Optional.ofNullable(received), Optional.ofNullable(sent), why, detail);
      connection.released();
    }
  }
}
