package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.dunlin.testing.Component;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A Redis of a test's own, on a free port of the loopback address, stopped by its handle. */
final class RedisProcess implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Path executable;
  private final Path folder;
  private final int port;
  private final List<String> settings;
  private Process process;

  private RedisProcess(Path executable, Path folder, int port, List<String> settings) {
    this.executable = executable;
    this.folder = folder;
    this.port = port;
    this.settings = settings;
  }

  /** Starts one that keeps nothing on disk, unless the settings say otherwise. */
  static RedisProcess start(String... settings) throws IOException {
    var executable = Component.REDIS.require();
    var redis =
        new RedisProcess(
            executable, Files.createTempDirectory("redis"), freePort(), List.of(settings));
    redis.restart();
    return redis;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Starts it again, on the same port and folder. */
  void restart() throws IOException {
    var command = new ArrayList<String>();
    command.add(executable.toString());
    command.addAll(List.of("--bind", "127.0.0.1", "--port", "" + port, "--save", ""));
    command.addAll(List.of("--dir", folder.toString()));
    command.addAll(settings);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    var end = System.nanoTime() + PATIENCE.toNanos();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        throw new IOException("Redis did not start: " + Files.readString(folder.resolve("log")));
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  private boolean answers() {
    try {
      return ask("PING").startsWith("+PONG");
    } catch (IOException e) {
      return false; // not yet
    }
  }

  /** The first line of the answer to an inline command. */
  String ask(String command) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(5000);
      socket.getOutputStream().write((command + "\r\n").getBytes(US_ASCII));
      var line = new StringBuilder();
      for (var next = socket.getInputStream().read();
          next >= 0 && next != '\n';
          next = socket.getInputStream().read()) {
        line.append((char) next);
      }
      return line.toString();
    }
  }

  /** Ends it at once, as kill -9 does. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("Redis did not end");
    }
  }

  int port() {
    return port;
  }

  String url() {
    return "redis://127.0.0.1:" + port;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    kill();
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
