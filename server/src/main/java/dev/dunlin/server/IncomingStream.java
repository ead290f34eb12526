package dev.dunlin.server;

import java.io.InputStream;

/** A data message that is read while it arrives. Valid until the handler returns. */
public interface IncomingStream {

  /** Whether it is a text message; its bytes have been checked to be UTF-8 as far as they came. */
  boolean text();

  /**
   * The payload. Reading waits for more; the end of the stream is the end of the message. If the
   * connection ends first, or breaks the protocol, reading throws an {@link java.io.IOException}.
   */
  InputStream input();
}
