package dev.dunlin.server;

import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Data;

/** How values of a type travel as messages. Safe for use by all threads. */
public interface Codec<T> {

  /**
   * The value in a message. The message may be a view: keep nothing of it.
   *
   * @throws Undecodable if it holds none
   */
  T decode(Data message) throws Undecodable;

  /** The message of a value. */
  Data encode(T value);

  /** A message that is not a value: the session closes with its code. */
  final class Undecodable extends Exception {
    private static final long serialVersionUID = 1;

    private final transient CloseCode code;

    private Undecodable(CloseCode code, String sentence) {
      super(sentence);
      this.code = code;
    }

    /**
     * The right kind of message with the wrong content: 1007.
     *
     * @param sentence for the log, not for the peer
     */
    public static Undecodable invalid(String sentence) {
      return new Undecodable(CloseCode.INVALID_DATA, sentence);
    }

    /**
     * The wrong kind of message, such as text where binary is expected: 1003.
     *
     * @param sentence for the log, not for the peer
     */
    public static Undecodable unsupported(String sentence) {
      return new Undecodable(CloseCode.UNSUPPORTED_DATA, sentence);
    }

    /** 1007 or 1003. */
    public CloseCode code() {
      return code;
    }
  }
}
