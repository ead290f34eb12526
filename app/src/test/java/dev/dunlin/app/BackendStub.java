package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/** A back end on this machine that answers as told and remembers what it was asked. */
final class BackendStub implements AutoCloseable {

  /** What it was asked. */
  record Question(String path, Map<String, String> headers, JsonNode body) {}

  private record Answer(int status, Supplier<String> body) {}

  private final BlockingQueue<Question> questions = new LinkedBlockingQueue<>();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final CountDownLatch silence = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  BackendStub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    var headers = new ConcurrentHashMap<String, String>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(), String.join(", ", values)));
    var path = exchange.getRequestURI().getPath();
    // the answer first: whoever has seen the question may change the next one's
    var answer = answers.getOrDefault(path, new Answer(200, () -> "{\"result\":{}}"));
    questions.add(
        new Question(
            path, headers, OpenApi.JSON.readTree(exchange.getRequestBody().readAllBytes())));
    try {
      if (answer.status() == 0) {
        silence.await();
      }
      var bytes = answer.body().get().replace('\'', '"').getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** From now on questions to this path are answered so; single quotes are double ones. */
  BackendStub answers(String path, String body) {
    return answers(path, 200, body);
  }

  BackendStub answers(String path, int status, String body) {
    answers.put(path, new Answer(status, () -> body));
    return this;
  }

  /** From now on questions to this path are answered so, each with an answer of its own. */
  BackendStub answersAnew(String path, Supplier<String> body) {
    answers.put(path, new Answer(200, body));
    return this;
  }

  /** From now on questions to this path are never answered. */
  BackendStub isSilentAt(String path) {
    answers.put(path, new Answer(0, () -> ""));
    return this;
  }

  /** The next question. */
  Question question() throws InterruptedException {
    var question = questions.poll(20, TimeUnit.SECONDS);
    assertThat(question).as("a question").isNotNull();
    return question;
  }

  /** How many questions wait to be looked at. */
  int questions() {
    return questions.size();
  }

  @Override
  public void close() {
    silence.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
