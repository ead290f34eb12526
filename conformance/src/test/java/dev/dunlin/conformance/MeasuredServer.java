package dev.dunlin.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A server for a process of its own, so that what it holds can be measured: it echoes on {@code
 * /echo}, floods whoever is on {@code /deaf} when told to, and tells of its memory, over HTTP.
 */
final class MeasuredServer {

  private final ConcurrentHashMap<Session, AtomicLong> deaf = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Session, AtomicLong> good = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Integer, AtomicLong> codes = new ConcurrentHashMap<>();

  /** The properties {@code connections} and {@code requestHeadSeconds} change the limits. */
  public static void main(String[] arguments) {
    new MeasuredServer().start();
  }

  private void start() {
    var limits =
        Limits.defaults()
            .maxConnections(Integer.getInteger("connections", 50_000))
            .sendBufferBytes(16 << 10)
            .stalledWrite(Duration.ofSeconds(120))
            .pingInterval(Duration.ZERO);
    Endpoint echo =
        session ->
            message -> {
              if (message instanceof Data data) {
                session.send(data);
              }
            };
    var server =
        WebSocketServer.builder()
            .limits(limits)
            .route(Route.at("/echo").dispatch(Dispatch.INLINE), echo)
            .route(inline("/deaf"), session -> join(deaf, session, codes))
            .route(inline("/good"), session -> join(good, session, new ConcurrentHashMap<>()))
            .http("/flood", this::flood)
            .http("/memory", request -> text(memory()))
            .start(0);
    System.out.println(server.port());
  }

  private static Route inline(String path) {
    return Route.at(path).dispatch(Dispatch.INLINE).compression(Compression.off());
  }

  private static dev.dunlin.server.Handler join(
      Map<Session, AtomicLong> members, Session session, Map<Integer, AtomicLong> codes) {
    members.put(session, new AtomicLong());
    session.onClose(closed -> {
      members.remove(session);
      int code = closed.sent().map(Close::code).map(it -> it.value()).orElse(0);
      codes.computeIfAbsent(code, unused -> new AtomicLong()).incrementAndGet();
    });
    return message -> {};
  }

  private static HttpResponse text(Properties values) {
    var lines = new StringBuilder();
    values.forEach((name, value) -> lines.append(name).append('=').append(value).append('\n'));
    return HttpResponse.text(200, lines.toString());
  }

  /**
   * Sends messages of 4 KiB to all the deaf in turns until none is left, and one to the good in
   * every round; watches what is held meanwhile.
   */
  private HttpResponse flood(HttpRequest request) {
    long before = held();
    long most = 0;
    long slowest = 0;
    long rounds = 0;
    long lost = 0;
    while (!deaf.isEmpty()) {
      for (var session : deaf.keySet()) {
        var message = Binary.of(new byte[4096]);
        long began = System.nanoTime();
        session.trySend(message);
        slowest = Math.max(slowest, System.nanoTime() - began);
      }
      lost += refused(rounds);
      if (rounds++ % 8 == 0) {
        most = Math.max(most, held() - before);
      }
    }
    lost += refused(-1);
    var said = new Properties();
    said.put("rounds", rounds);
    said.put("grown", most);
    said.put("slowestMicros", slowest / 1000);
    said.put("lost", lost);
    codes.forEach((code, count) -> said.put("code" + code, count));
    return text(said);
  }

  /** How many of the good did not take the message with this number. */
  private long refused(long number) {
    var message = Binary.of(ByteBuffer.allocate(8).putLong(0, number).array());
    return good.keySet().stream().filter(session -> !session.trySend(message)).count();
  }

  private static Properties memory() {
    var said = new Properties();
    said.put("held", held());
    said.put("heap", heap());
    said.put("resident", resident());
    said.put("files", files());
    said.put("threads", ManagementFactory.getThreadMXBean().getThreadCount());
    said.put(
        "cpuMillis",
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime()
            / 1_000_000);
    return said;
  }

  private static long held() {
    return heap() + direct();
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long direct() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long resident() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"), UTF_8)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // not Linux
    }
  }

  private static long files() {
    try (var all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    } catch (IOException e) {
      return 0; // not Linux
    }
  }
}
