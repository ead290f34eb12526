package dev.dunlin.app.load;

import dev.dunlin.websocket.ClientHandshake;
import dev.dunlin.websocket.Compression;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Handshakes in a closed loop, some at a time; each connection is reset once it is open. */
final class Handshakes {

  private final URI uri;
  private final int atATime;
  private final SecureRandom random = new SecureRandom();

  Handshakes(URI uri, int atATime) {
    this.uri = uri;
    this.atATime = atATime;
  }

  private record Pending(SocketChannel channel, ClientHandshake handshake) {}

  /** Measures for a while, after a while that is not measured. */
  Result measure(ServerProcess server, Duration warmUp, Duration measured)
      throws IOException, LoadException {
    var unused = open(warmUp);
    var cpu = server.threads();
    long start = System.nanoTime();
    long opened = open(measured);
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Result(
        seconds,
        opened,
        0,
        Meter.histogram(),
        OptionalDouble.of(server.cpuSecondsSince(cpu)),
        0,
        List.of());
  }

  private long open(Duration time) throws IOException, LoadException {
    long until = System.nanoTime() + time.toNanos();
    var pending = new ArrayList<Pending>();
    long opened = 0;
    while (System.nanoTime() < until) {
      for (int i = 0; i < atATime; i++) {
        pending.add(begin());
      }
      for (var one : pending) {
        finish(one);
      }
      opened += pending.size();
      pending.clear();
    }
    return opened;
  }

  private Pending begin() throws IOException {
    var channel = SocketChannel.open(new InetSocketAddress(uri.getHost(), uri.getPort()));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_LINGER, 0); // no port waits for its time-out
    var handshake =
        ClientHandshake.to(uri.getAuthority(), uri.getPath())
            .compression(Compression.off())
            .begin(random);
    var request = handshake.request();
    while (request.hasRemaining()) {
      channel.write(request);
    }
    return new Pending(channel, handshake);
  }

  private static void finish(Pending pending) throws IOException, LoadException {
    var answer = ByteBuffer.allocate(1024);
    try (var channel = pending.channel()) {
      while (true) {
        if (channel.read(answer.clear()) < 0) {
          throw new LoadException("a handshake was refused without an answer");
        }
        switch (pending.handshake().receive(answer.flip())) {
          case ClientHandshake.NeedMore more -> {}
          case ClientHandshake.Agreed agreed -> {
            return;
          }
          case ClientHandshake.Failed failed -> throw new LoadException(failed.reason());
        }
      }
    }
  }
}
