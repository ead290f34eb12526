package dev.dunlin.conformance.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.StreamPosition;
import dev.dunlin.conformance.sdk.JavaScriptSdk;
import dev.dunlin.testing.Component;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The published JavaScript SDK, many clients in one process of Node, half of them over JSON and
 * half over Protobuf, each with a {@link Follower} here: {@code sdk/followers.mjs}.
 */
final class JavaScriptClients implements AutoCloseable {

  private final Map<String, Follower> followers = new HashMap<>();
  private final Process process;
  private final Thread reader;

  JavaScriptClients(String url, List<Follower> followers) throws Exception {
    var node = Component.NODE.require();
    JavaScriptSdk.install();
    process =
        new ProcessBuilder(node.toString(), "followers.mjs")
            .directory(JavaScriptSdk.FOLDER.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    followers.forEach(follower -> this.followers.put(follower.name(), follower));
    reader = Thread.ofPlatform().name("history-node").start(this::read);
    var orders = process.outputWriter(UTF_8);
    for (int i = 0; i < followers.size(); i++) {
      var follower = followers.get(i);
      var protocol = i % 2 == 0 ? "json" : "protobuf";
      var where = url + "?client=" + follower.name();
      orders.write(String.join("\t", follower.name(), protocol, where));
      orders.write("\t" + String.join("\t", follower.channels()) + "\n");
    }
    orders.flush();
  }

  private void read() {
    try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        see(line.split("\t", -1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void see(String[] told) {
    var follower = followers.get(told[0]);
    switch (told[1]) {
      case "connected" -> follower.connected(told[2]);
      case "disconnected" -> follower.disconnected(Integer.parseInt(told[2]));
      case "subscribed" ->
          follower.subscribed(
              told[2],
              new StreamPosition(Long.parseLong(told[3]), told[4]),
              told[5].equals("true"),
              told[6].equals("true"));
      case "publication" ->
          follower.received(told[2], Long.parseLong(told[3]), Long.parseLong(told[4]));
      case "ended" -> follower.ended(told[2], Integer.parseInt(told[3]));
      default -> throw new IllegalStateException("Node says " + String.join(" ", told));
    }
  }

  @Override
  public void close() throws Exception {
    process.getOutputStream().close(); // the end of its input is the end of the process
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    reader.join(TimeUnit.SECONDS.toMillis(10));
  }
}
