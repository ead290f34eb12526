package dev.dunlin.conformance;

import java.io.IOException;

/** The byte pipe between the suite's client and the server under test, after the handshake. */
interface Peer extends AutoCloseable {

  /** What the handshake agreed. */
  Agreed agreed();

  /** Sends bytes in one write. A server that has closed already loses them in silence. */
  void send(byte[] bytes, int offset, int length);

  /** Passes what the server has sent to the reader, or waits for it so long. */
  State receive(FrameReader reader, Patience patience) throws InterruptedException;

  /** Lets a second pass for the server. */
  void pause() throws InterruptedException;

  @Override
  void close();

  /** How long to wait for a server that is not in the same memory. */
  enum Patience {
    /** Half a minute: something must come. */
    LONG,
    /** A second: something should come. */
    SHORT,
    /** A tenth of a second: nothing should come. */
    LEAST;

    long millis() {
      return switch (this) {
        case LONG -> 30_000;
        case SHORT -> 1000;
        case LEAST -> 100;
      };
    }
  }

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
