package dev.dunlin.app.load;

import dev.dunlin.websocket.Data;
import java.util.List;

/**
 * What one connection says and hears in a protocol. Confined to the connection's lane.
 *
 * <p>Messages of a channel are numbered from 0 in the order in which they were published; the
 * speaker compares what comes with what its number demands.
 */
interface Speaker {

  /** What opens the conversation; empty if the handshake was enough. */
  List<Data> opening();

  /** The message that publishes the payload of this number. */
  Data publish(long number);

  /**
   * Takes a message of the server.
   *
   * @throws LoadException if it is not what the conversation needs
   */
  void take(Data message, Heard heard) throws LoadException;

  /** What a message of the server can mean. */
  interface Heard {

    /** The connection can publish and gets what is published. */
    void ready();

    /** The number of the next publication that is expected. */
    long expected();

    /** The expected publication has come. */
    void delivered();

    /** Something has to be said in answer. */
    void answer(Data message);
  }
}
