package dev.dunlin.conformance;

import java.io.IOException;

/** The byte pipe between the suite's client and the server under test, after the handshake. */
interface Peer extends AutoCloseable {

  /** What the handshake agreed. */
  Agreed agreed();

  /** Sends bytes in one write. A server that has closed already loses them in silence. */
  void send(byte[] bytes, int offset, int length);

  /**
   * Passes what the server has sent to the reader.
   *
   * @param patient whether to wait for something, up to a generous limit, or only a moment
   */
  State receive(FrameReader reader, boolean patient) throws InterruptedException;

  /** Lets a second pass for the server. */
  void pause() throws InterruptedException;

  @Override
  void close();

  /** What {@link #receive} found. */
  enum State {
    /** Some bytes. */
    DATA,
    /** Nothing. */
    QUIET,
    /** The server has closed the TCP connection. */
    ENDED,
    /** The server has reset the TCP connection. */
    RESET
  }

  /** Opens a connection to the server under test. */
  interface Opener {
    Peer open(Case c) throws IOException, InterruptedException;
  }
}
