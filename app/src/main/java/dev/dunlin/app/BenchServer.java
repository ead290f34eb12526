package dev.dunlin.app;

import dev.dunlin.app.load.Protocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A server in a process of its own, for a {@code bench} that was given none: {@code serve} with
 * open channels and a secret made for it, or {@code target} for the raw protocol.
 */
final class BenchServer implements AutoCloseable {

  private static final long START_NANOS = 60_000_000_000L;
  private static final long END_SECONDS = 10;

  private final Path folder;
  private final int port;
  private final Process process;

  private BenchServer(Path folder, int port, Process process) {
    this.folder = folder;
    this.port = port;
    this.process = process;
  }

  /** Starts one and waits until it listens. */
  static BenchServer start(Protocol protocol, boolean compression) throws InterruptedException {
    try {
      var folder = Files.createTempDirectory("dunlin-bench");
      int port = freePort();
      var command = java();
      switch (protocol) {
        case RAW ->
            command.addAll(
                List.of(
                    "target",
                    "--port",
                    "" + port,
                    "--compression",
                    compression ? "SHARED" : "OFF"));
        case JSON, PROTOBUF -> {
          Files.writeString(folder.resolve("dunlin.yaml"), configuration(port, compression));
          command.addAll(List.of("serve", "--config", folder.resolve("dunlin.yaml").toString()));
        }
      }
      var builder = new ProcessBuilder(command);
      // Variables would win over the file: this server is no server of the reader's.
      builder.environment().keySet().removeIf(name -> name.startsWith("DUNLIN_"));
      var process =
          builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
      var server = new BenchServer(folder, port, process);
      server.awaitPort();
      return server;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** This program, as it was started. */
  private static List<String> java() {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (var option :
        java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (option.startsWith("-XX:+Use")
          || option.startsWith("-D")
          || option.startsWith("--enable")) {
        command.add(option);
      }
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    return command;
  }

  private static String configuration(int port, boolean compression) {
    return """
    http_server: {address: 127.0.0.1, port: %d, connection_rate_limit: 0}
    client: {token: {hmac_secret_key: %s, hmac_algorithm: HS512}}
    http_api: {key: %s}
    websocket: {compression: %s}
    log: {level: warn}
    channel:
      without_namespace: {allow_subscribe_for_client: true, allow_publish_for_client: true}
    """
        .formatted(port, secret(), secret(), compression);
  }

  private static String secret() {
    var bytes = new byte[64];
    new java.security.SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitPort() throws IOException, InterruptedException {
    long end = System.nanoTime() + START_NANOS;
    while (System.nanoTime() < end) {
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw CommandFailure.failed("the server did not start: " + lastWords());
      }
      try (var unused = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException notYet) {
        // looked at again, a little later
      }
    }
    close();
    throw CommandFailure.failed("the server did not listen within a minute: " + lastWords());
  }

  private String lastWords() throws IOException {
    var log = Files.readString(folder.resolve("log")).strip();
    return log.substring(log.lastIndexOf('\n') + 1);
  }

  /** Where it listens. */
  URI uri(String path) {
    return URI.create("ws://127.0.0.1:" + port + path);
  }

  long pid() {
    return process.pid();
  }

  /** The configuration whose secret tokens are to be signed with, if it has one. */
  Optional<Path> configuration() {
    return Optional.of(folder.resolve("dunlin.yaml")).filter(Files::exists);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      for (var name : List.of("dunlin.yaml", "log")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    } catch (InterruptedException stopped) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
