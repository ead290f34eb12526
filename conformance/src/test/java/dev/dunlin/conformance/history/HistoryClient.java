package dev.dunlin.conformance.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.StreamPosition;
import dev.dunlin.conformance.history.Observation.Ended;
import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Slow;
import dev.dunlin.conformance.history.Observation.Subscribed;
import dev.dunlin.server.Handler;
import dev.dunlin.server.Session;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import java.net.URI;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client of the protocol, over JSON, that behaves as the SDKs do: it comes back after every end,
 * asks to recover from where it stood, and subscribes again when it is told that it lost its place.
 * It reports what it sees. Its lock is held for no wait.
 */
final class HistoryClient {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int CONNECT_ID = 1;
  private static final StreamPosition UNKNOWN = new StreamPosition(0, "");

  private final String name;
  private final URI uri;
  private final WebSocketClient transport;
  private final ScheduledExecutorService timer;
  private final Recorder recorder;
  private final Random random;

  private final ReentrantLock lock = new ReentrantLock();
  // guarded by the lock
  private final Map<String, StreamPosition> positions = new LinkedHashMap<>();
  private final Set<String> following = new HashSet<>();
  private final Map<Long, String> asked = new HashMap<>();
  private long lastId = CONNECT_ID;
  private Connection current = new Connection();
  private boolean stopped;
  private boolean slow;
  private String id = "";

  HistoryClient(
      String name,
      URI uri,
      List<String> channels,
      WebSocketClient transport,
      ScheduledExecutorService timer,
      Recorder recorder,
      long seed) {
    this.name = name;
    this.uri = uri;
    this.transport = transport;
    this.timer = timer;
    this.recorder = recorder;
    this.random = new Random(seed);
    channels.forEach(channel -> positions.put(channel, UNKNOWN));
  }

  void start() {
    connect();
  }

  /** One connection; what a former one still says is not listened to. */
  private final class Connection implements Handler {
    private Session session;

    @Override
    public void onMessage(Message message) {
      if (message instanceof Data data) {
        var bytes = new byte[data.size()];
        data.bytes().get(bytes);
        locked(() -> {
          if (current == this) {
            for (var line : new String(bytes, UTF_8).split("\n")) {
              reply(JSON.readTree(line));
            }
          }
        });
      }
    }
  }

  private void locked(Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }

  private void connect() {
    locked(() -> {
      if (stopped) {
        return;
      }
      var connection = new Connection();
      current = connection;
      transport
          .connectAsync(
              uri,
              session -> {
                connection.session = session;
                session.onClose(closed -> lost(connection, closed.code().value()));
                locked(() -> {
                  if (current == connection) {
                    greet(session);
                  }
                });
                return connection;
              })
          .whenComplete((session, failure) -> {
            if (failure != null) {
              lost(connection, 0);
            }
          });
    });
  }

  private void greet(Session session) {
    var frame = new StringBuilder("{\"id\":1,\"connect\":{\"name\":\"history\"}}");
    asked.clear();
    positions.keySet().forEach(channel -> frame.append('\n').append(subscribe(channel)));
    session.trySend(dev.dunlin.websocket.Text.of(frame.toString()));
  }

  private String subscribe(String channel) {
    long command = ++lastId;
    asked.put(command, channel);
    var position = positions.get(channel);
    var request = JSON.createObjectNode().put("id", command);
    var subscribe = request.putObject("subscribe").put("channel", channel);
    if (!position.equals(UNKNOWN)) {
      subscribe
          .put("recover", true)
          .put("offset", position.offset())
          .put("epoch", position.epoch());
    }
    return request.toString();
  }

  private void reply(JsonNode reply) {
    if (reply.isEmpty()) {
      current.session.trySend(dev.dunlin.websocket.Text.of("{}"));
    } else if (reply.has("push")) {
      push(reply.get("push"));
    } else if (reply.has("connect")) {
      id = reply.get("connect").get("client").asString();
    } else if (reply.has("subscribe")) {
      subscribed(asked.remove(reply.get("id").asLong()), (ObjectNode) reply.get("subscribe"));
    } else if (reply.has("error")) {
      throw new IllegalStateException(name + " got " + reply);
    }
  }

  private void subscribed(String channel, ObjectNode result) {
    var epoch = text(result, "epoch");
    long offset = number(result, "offset");
    recorder.record(at ->
        new Subscribed(
            at,
            name,
            channel,
            epoch,
            offset,
            result.has("was_recovering"),
            result.has("recovered")));
    following.add(channel);
    positions.put(channel, new StreamPosition(offset, epoch));
    if (result.has("publications")) {
      for (var publication : result.get("publications")) {
        received(channel, publication, false);
      }
    }
  }

  private static String text(JsonNode node, String field) {
    return node.has(field) ? node.get(field).asString() : "";
  }

  private static long number(JsonNode node, String field) {
    return node.has(field) ? node.get(field).asLong() : 0;
  }

  private void push(JsonNode push) {
    var channel = text(push, "channel");
    if (push.has("pub")) {
      received(channel, push.get("pub"), true);
    } else if (push.has("unsubscribe")) {
      int code = push.get("unsubscribe").get("code").asInt();
      ended(channel, code);
      current.session.trySend(dev.dunlin.websocket.Text.of(subscribe(channel)));
    }
  }

  private void received(String channel, JsonNode publication, boolean live) {
    long offset = number(publication, "offset");
    var epoch = positions.get(channel).epoch();
    long message = publication.get("data").get("id").asLong();
    recorder.record(at -> new Received(at, name, channel, epoch, offset, message, live));
    positions.put(channel, new StreamPosition(offset, epoch));
  }

  private void ended(String channel, int code) {
    if (following.remove(channel)) {
      recorder.record(at -> new Ended(at, name, channel, code));
    }
  }

  private void lost(Connection connection, int code) {
    locked(() -> {
      if (current == connection) {
        current = new Connection();
        List.copyOf(following).forEach(channel -> ended(channel, code));
        id = "";
        if (!stopped) {
          var unused =
              timer.schedule(this::connect, 20 + random.nextInt(300), TimeUnit.MILLISECONDS);
        }
      }
    });
  }

  // ---- faults

  /** Cuts the connection in the middle of whatever is under way. */
  void cut() {
    locked(() -> {
      var session = current.session;
      if (session != null) {
        session.abort("cut by the test");
      }
    });
  }

  /** Reads nothing for a while. */
  void beSlow(long millis) {
    locked(() -> {
      var session = current.session;
      if (session != null && !slow) {
        slow = true;
        recorder.record(at -> new Slow(at, name, true));
        session.pauseReading();
        var unused =
            timer.schedule(
                () -> {
                  session.resumeReading();
                  locked(() -> {
                    slow = false;
                    recorder.record(at -> new Slow(at, name, false));
                  });
                },
                millis,
                TimeUnit.MILLISECONDS);
      }
    });
  }

  void stop() {
    locked(() -> {
      stopped = true;
      cut();
    });
  }

  // ---- how it is

  /** Its connection's id; empty while it has none. */
  String id() {
    lock.lock();
    try {
      return id;
    } finally {
      lock.unlock();
    }
  }

  /** Whether it follows all its channels and has come this far in each. */
  boolean reached(Map<String, StreamPosition> tops) {
    lock.lock();
    try {
      return following.size() == positions.size()
          && positions.entrySet().stream()
              .allMatch(each -> each.getValue().equals(tops.get(each.getKey())));
    } finally {
      lock.unlock();
    }
  }

  Set<String> channels() {
    return positions.keySet();
  }

  @Override
  public String toString() {
    return name
        + positions
        + (slow ? " slow" : "")
        + " follows "
        + following.size()
        + " over "
        + current.session
        + " as "
        + id;
  }
}
