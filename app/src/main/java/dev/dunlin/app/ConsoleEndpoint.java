package dev.dunlin.app;

import static java.util.Objects.requireNonNull;

import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Handler;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The console's WebSocket. Each open page gets a sample every second, and answers to what it asks:
 * {@code {"id": 1, "ask": "channels", ...}} is answered with {@code {"id": 1, "answer": ...}} or
 * {@code {"id": 1, "error": "a sentence"}}.
 */
final class ConsoleEndpoint implements Endpoint, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ConsoleEndpoint.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final CloseCode LOGGED_OUT = CloseCode.of(4401);

  private final ConsoleAccess access;
  private final ConsoleSampler sampler;
  private final ConsoleAnswers answers;
  private final Set<Session> pages = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("dunlin-console").factory());

  ConsoleEndpoint(ConsoleAccess access, ConsoleSampler sampler, ConsoleAnswers answers) {
    this.access = access;
    this.sampler = sampler;
    this.answers = answers;
    var unused = clock.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  @Override
  public Route configure(Route route) {
    return route.authenticate(access);
  }

  @Override
  public Handler open(Session session) {
    session.onClose(closed -> pages.remove(session));
    session.send(text(Map.of("welcome", answers.welcome(), "samples", sampler.samples())));
    pages.add(session);
    return message -> answer(session, message);
  }

  private void answer(Session session, Message message) {
    switch (message) {
      case Text text -> session.send(answer(text.value()));
      case Binary binary -> session.close(CloseCode.UNSUPPORTED_DATA, "the console speaks text");
      case Control control -> {}
    }
  }

  private Text answer(String text) {
    JsonNode question;
    try {
      question = JSON.readTree(text);
    } catch (JacksonException malformed) {
      return text(Map.of("error", "This is not JSON."));
    }
    long id = question.path("id").asLong(0);
    try {
      return text(Map.of("id", id, "answer", answers.answer(question)));
    } catch (ConsoleAnswers.Refused refused) {
      return text(Map.of("id", id, "error", requireNonNull(refused.getMessage())));
    } catch (RuntimeException failure) {
      log.warn("A question of the console failed: {}", question.path("ask").asString(""), failure);
      return text(Map.of("id", id, "error", "Internal error; the log says more."));
    }
  }

  private static Text text(Object value) {
    return Text.of(JSON.writeValueAsString(value));
  }

  private void tick() {
    try {
      var sample = sampler.sample();
      for (var page : List.copyOf(pages)) {
        if (access.stays(page.identity())) {
          var unused = page.trySend(text(Map.of("sample", sample)));
        } else {
          page.close(LOGGED_OUT, "logged out");
        }
      }
    } catch (RuntimeException failure) {
      log.warn("The console could not look at the node", failure);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
