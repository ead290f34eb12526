package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client of the channel protocol in JSON over a real socket, that sees all that comes. */
final class Visitor implements WebSocket.Listener, AutoCloseable {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final StringBuilder part = new StringBuilder();
  private final WebSocket socket;

  private Visitor(HttpClient http, URI where, String... headers) {
    var builder = http.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    socket = builder.buildAsync(where, this).join();
  }

  /** An open socket on which nothing has been said; headers as names and values. */
  static Visitor at(URI where, String... headers) {
    return new Visitor(HTTP, where, headers);
  }

  /** The same, made by this client, which may have a certificate to show. */
  static Visitor over(HttpClient http, URI where) {
    return new Visitor(http, where);
  }

  /** A client that is connected. */
  static Visitor connected(URI where, String token) throws Exception {
    var visitor = new Visitor(HTTP, where);
    assertThat(visitor.ask("{'id':1,'connect':{'token':'%s'}}".formatted(token)))
        .contains("\"connect\"");
    return visitor;
  }

  /** Sends a command; single quotes are double ones. */
  void send(String command) {
    socket.sendText(command.replace('\'', '"'), true).join();
  }

  /** Sends a command and gives its reply, or how the connection ended; pushes are passed over. */
  String ask(String command) throws Exception {
    send(command);
    String next;
    do {
      next = next();
    } while (next.startsWith("{\"push\""));
    return next;
  }

  /** The next message, or {@code closed: <code> <reason>}. */
  String next() throws Exception {
    var next = messages.poll(20, TimeUnit.SECONDS);
    assertThat(next).as("a message").isNotNull();
    return next;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    part.append(data);
    if (last) {
      part.toString().lines().filter(line -> !line.equals("{}")).forEach(messages::add);
      part.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    messages.add("closed: " + code + " " + reason);
    return null;
  }

  @Override
  public void close() {
    socket.abort();
  }
}
