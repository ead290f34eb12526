package dev.dunlin.app.load;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * What load is put on which server.
 *
 * @param uri where connections go
 * @param publishUri where, in the raw protocol, the one connection goes whose messages the server
 *     sends to all others; empty where every connection gets its own messages back
 * @param protocol what is spoken
 * @param connections how many connections, that of {@code publishUri} not counted
 * @param fanOut how many connections get each message: they share a channel, and the first of them
 *     publishes
 * @param rate messages a second in all, an open loop; 0 for a closed one
 * @param inFlight in a closed loop: messages sent at once, the next when everybody has them all
 * @param bytes the size of each payload
 * @param warmUp what is not measured
 * @param measured what is
 * @param loops event loops of the generator
 * @param compression whether permessage-deflate is offered
 * @param trust whose certificates are trusted over {@code wss}; empty for the JDK's authorities
 * @param token the connection token of each connection; empty for none
 * @param channel what the names of the channels begin with
 */
public record Plan(
    URI uri,
    Optional<URI> publishUri,
    Protocol protocol,
    int connections,
    int fanOut,
    int rate,
    int inFlight,
    int bytes,
    Duration warmUp,
    Duration measured,
    int loops,
    boolean compression,
    Optional<Path> trust,
    IntFunction<String> token,
    String channel) {

  public Plan {
    positive("connections", connections);
    positive("fanOut", fanOut);
    positive("inFlight", inFlight);
    positive("bytes", bytes);
    if (rate < 0) {
      throw new IllegalArgumentException("rate " + rate + " is negative");
    }
    if (fanOut > connections) {
      throw new IllegalArgumentException(
          "fan-out " + fanOut + " needs as many connections, not " + connections);
    }
    if (connections % fanOut != 0) {
      throw new IllegalArgumentException(
          connections + " connections cannot be divided into groups of " + fanOut);
    }
    if (publishUri.isPresent() && fanOut != connections) {
      throw new IllegalArgumentException("one connection publishes to all: fan-out is that of all");
    }
    if (protocol == Protocol.RAW && publishUri.isEmpty() && fanOut != 1) {
      throw new IllegalArgumentException("an echo has fan-out 1");
    }
    if (protocol == Protocol.JSON && bytes < Payloads.MIN_JSON) {
      throw new IllegalArgumentException(
          "a payload of JSON has " + Payloads.MIN_JSON + " bytes at least, not " + bytes);
    }
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " " + value + " is not positive");
    }
  }

  /** A plan for a raw echo, to change from. */
  public static Plan echo(URI uri) {
    return new Plan(
        uri,
        Optional.empty(),
        Protocol.RAW,
        100,
        1,
        0,
        1,
        128,
        Duration.ofSeconds(2),
        Duration.ofSeconds(10),
        1,
        false,
        Optional.empty(),
        connection -> "",
        "bench");
  }

  /** How many groups of connections share a channel each. */
  int groups() {
    return connections / fanOut;
  }

  /** Whether messages leave at a rate, whatever comes back. */
  public boolean openLoop() {
    return rate > 0;
  }
}
