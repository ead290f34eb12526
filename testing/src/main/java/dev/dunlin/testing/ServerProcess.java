package dev.dunlin.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

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

/**
 * A Redis or NATS server of a test's own: a real process on a free port of the loopback address, in
 * a folder of its own, stopped by its handle. Where the program is not installed the test is
 * skipped, as {@link Component} says.
 *
 * <pre>{@code
 * try (var redis = ServerProcess.redis()) {
 *   var hub = Hub.over(Broker.open("redis", Map.of("url", redis.url())));
 * }
 * }</pre>
 */
public final class ServerProcess implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final String scheme;
  private final int port;
  private final Path folder;
  private final List<String> command;
  private final String question;
  private final String answer;
  private Process process;

  private ServerProcess(
      String scheme,
      int port,
      Path folder,
      List<String> command,
      String[] settings,
      String question,
      String answer)
      throws IOException {
    this.scheme = scheme;
    this.port = port;
    this.folder = folder;
    this.command = new ArrayList<>(command);
    this.command.addAll(List.of(settings));
    this.question = question;
    this.answer = answer;
    this.process = launch();
  }

  /**
   * Starts a Redis that keeps nothing on disk, unless the settings say otherwise.
   *
   * @param settings further arguments, such as {@code --appendonly}, {@code yes}
   */
  public static ServerProcess redis(String... settings) throws IOException {
    return redis(freePort(), settings);
  }

  static ServerProcess redis(int port, String... settings) throws IOException {
    var executable = Component.REDIS.require();
    var folder = Files.createTempDirectory("redis");
    return new ServerProcess(
        "redis",
        port,
        folder,
        List.of(
            executable.toString(),
            "--bind",
            "127.0.0.1",
            "--port",
            Integer.toString(port),
            "--save",
            "",
            "--dir",
            folder.toString()),
        settings,
        "PING",
        "+PONG");
  }

  /** Starts a Sentinel of the master {@code m} at this port; it rewrites its own configuration. */
  static ServerProcess sentinel(int master) throws IOException {
    var executable = Component.REDIS.require();
    var folder = Files.createTempDirectory("sentinel");
    var file = folder.resolve("sentinel.conf");
    int port = freePort();
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        dir %s
        sentinel monitor m 127.0.0.1 %d 1
        sentinel down-after-milliseconds m 500
        sentinel failover-timeout m 5000
        """
            .formatted(port, folder, master));
    return new ServerProcess(
        "redis",
        port,
        folder,
        List.of(executable.toString(), file.toString(), "--sentinel"),
        new String[0],
        "PING",
        "+PONG");
  }

  /**
   * Starts a NATS server with JetStream.
   *
   * @param settings further arguments
   */
  public static ServerProcess nats(String... settings) throws IOException {
    var executable = Component.NATS.require();
    var folder = Files.createTempDirectory("nats");
    var port = freePort();
    return new ServerProcess(
        "nats",
        port,
        folder,
        List.of(
            executable.toString(),
            "-a",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-js",
            "-sd",
            folder.toString()),
        settings,
        "PING",
        "INFO");
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process launch() throws IOException {
    var log = folder.resolve("server.log");
    var launched =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    var end = System.nanoTime() + PATIENCE.toNanos();
    while (!answers()) {
      if (!launched.isAlive() || System.nanoTime() - end > 0) {
        launched.destroyForcibly();
        throw new IOException(command.getFirst() + " did not start: " + Files.readString(log));
      }
      LockSupport.parkNanos(5_000_000);
    }
    return launched;
  }

  private boolean answers() {
    try {
      return ask(question).startsWith(answer);
    } catch (IOException notYet) {
      return false;
    }
  }

  /** The first line that the server says to somebody who connects and sends this one. */
  public String ask(String line) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(5000);
      socket.getOutputStream().write((line + "\r\n").getBytes(UTF_8));
      var said = new StringBuilder();
      for (var next = socket.getInputStream().read();
          next >= 0 && next != '\n';
          next = socket.getInputStream().read()) {
        said.append((char) next);
      }
      return said.toString().strip();
    }
  }

  /**
   * All that a Redis answers to somebody who connects and sends this line.
   *
   * @throws IOException if it ends the connection meanwhile
   */
  public String askAll(String line) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write((line + "\r\nPING\r\n").getBytes(UTF_8));
      var said = new StringBuilder();
      while (said.indexOf("+PONG") < 0) {
        var next = socket.getInputStream().read();
        if (next < 0) {
          throw new IOException("cut off after " + said);
        }
        said.append((char) next);
      }
      return said.substring(0, said.indexOf("+PONG"));
    }
  }

  /** Ends it at once, as {@code kill -9} does, and waits until it is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(command.getFirst() + " did not end");
    }
  }

  /** Stops it where it is, with its connections open, until {@link #resume}. */
  public void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets it go on after {@link #pause}. */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("no signal " + name + " to " + command.getFirst());
    }
  }

  /** Starts it again after {@link #kill}, on the same port and folder. */
  public void restart() throws IOException {
    process = launch();
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** Where clients connect: {@code redis://127.0.0.1:PORT}. */
  public String url() {
    return scheme + "://127.0.0.1:" + port;
  }

  /** Ends it and removes its folder. */
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
