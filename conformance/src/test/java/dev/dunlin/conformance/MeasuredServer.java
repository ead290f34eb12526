package dev.dunlin.conformance;

import com.sun.management.OperatingSystemMXBean;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.server.Tls;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * A server in a process of its own, which says what it costs: {@link ForkedServer} starts it, asks
 * a line at a time, and reads a line of {@code name=number} pairs for each.
 *
 * <p>Arguments are {@code name=value}: {@code message}, {@code queue}, {@code sndbuf}, {@code head}
 * and {@code handshake} (milliseconds), {@code connections}, {@code controls}, {@code loops},
 * {@code certificate} and {@code key}.
 */
final class MeasuredServer {

  private final ConcurrentLinkedQueue<Session> slow = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Session> good = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Closed> stories = new ConcurrentLinkedQueue<>();
  private final WebSocketServer server;
  private long rounds;
  private long slowestNanos;

  private MeasuredServer(Limits limits, WebSocketServer.Builder builder) {
    this.server =
        builder
            .limits(limits)
            .route(route("/echo", Compression.off()), ECHO)
            .route(route("/deflate", Compression.shared().thresholdBytes(0)), ECHO)
            .route(route("/takeover", Compression.takeover().thresholdBytes(0)), ECHO)
            .route(Route.at("/virtual").compression(Compression.shared()), ECHO)
            .route(
                route("/slow", Compression.off()),
                session -> {
                  session.onClose(stories::add);
                  slow.add(session);
                  return message -> {};
                })
            .route(
                route("/good", Compression.off()),
                session -> {
                  good.add(session);
                  return message -> {};
                })
            .start(0);
  }

  private static final Endpoint ECHO =
      session ->
          message -> {
            if (message instanceof Data data) {
              session.send(data);
            }
          };

  private static Route route(String path, Compression compression) {
    return Route.at(path).dispatch(Dispatch.INLINE).compression(compression);
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    // who asks must not wait for a thread that has ended: the loops go on without it
    Thread.currentThread()
        .setUncaughtExceptionHandler((thread, failure) -> {
          try {
            failure.printStackTrace();
          } finally {
            Runtime.getRuntime().halt(1);
          }
        });
    // a machine that is busy with other things ends nobody's connection
    var limits =
        Limits.defaults()
            .maxNewConnectionsPerSecond(0)
            .maxTlsHandshakesPerSecond(Integer.MAX_VALUE)
            .stalledWrite(Duration.ofSeconds(120))
            .pingInterval(Duration.ZERO);
    var builder = WebSocketServer.builder();
    var certificate = Path.of("");
    for (var arg : args) {
      var value = arg.substring(arg.indexOf('=') + 1);
      switch (arg.substring(0, arg.indexOf('='))) {
        case "message" -> limits = limits.maxMessageBytes(Integer.parseInt(value));
        case "queue" -> limits = limits.outboundBytes(Integer.parseInt(value));
        case "sndbuf" -> limits = limits.sendBufferBytes(Integer.parseInt(value));
        case "head" -> limits = limits.requestHead(Duration.ofMillis(Integer.parseInt(value)));
        case "handshake" ->
            limits = limits.tlsHandshake(Duration.ofMillis(Integer.parseInt(value)));
        case "connections" -> limits = limits.maxConnections(Integer.parseInt(value));
        case "controls" -> limits = limits.maxControlFramesPerSecond(Integer.parseInt(value));
        case "loops" -> builder.loops(Integer.parseInt(value));
        case "certificate" -> certificate = Path.of(value);
        case "key" -> builder.tls(Tls.of(certificate, Path.of(value)));
        default -> throw new IllegalArgumentException(arg);
      }
    }
    var measured = new MeasuredServer(limits, builder);
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    say("port=" + measured.server.port());
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      say(measured.answer(line.split(" ")));
    }
    measured.server.close();
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private String answer(String[] words) throws IOException, InterruptedException {
    return switch (words[0]) {
      case "memory" -> memory();
      case "counts" -> counts();
      case "files" -> files();
      case "offer" ->
          offer(Integer.parseInt(words[1]), Long.parseLong(words[2]), "paced".equals(words[3]));
      case "stories" -> stories();
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  /** What is alive after a collection, and what the operating system sees. */
  private static String memory() throws IOException {
    // the second one frees what cleaners let go after the first
    System.gc();
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return "heap="
        + heap
        + " objects="
        + objects()
        + " direct="
        + direct()
        + " rss="
        + status("VmRSS");
  }

  /** Objects that are alive: the second number in the last line of a histogram of classes. */
  private static long objects() throws IOException {
    try {
      var histogram =
          (String)
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=DiagnosticCommand"),
                      "gcClassHistogram",
                      new Object[] {new String[0]},
                      new String[] {String[].class.getName()});
      var total = histogram.substring(histogram.lastIndexOf("Total")).trim().split("\\s+");
      return Long.parseLong(total[1]);
    } catch (JMException e) {
      throw new IOException("the JVM gives no histogram of classes", e);
    }
  }

  /** Direct memory as the JDK counts it, or as Netty does where it takes it past the JDK. */
  private static long direct() {
    long counted =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return Math.max(counted, PlatformDependent.usedDirectMemory());
  }

  private static String files() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return "files=" + files.count();
    }
  }

  /** What can be told without opening a file. */
  private String counts() {
    var statistics = server.statistics();
    var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return "connections="
        + server.connections()
        + " tcp="
        + statistics.tcp().open()
        + " threads="
        + ManagementFactory.getThreadMXBean().getThreadCount()
        + " cpu="
        + os.getProcessCpuTime()
        + " loops="
        + loopNanos()
        + " acceptFailures="
        + statistics.acceptFailures()
        + " timedOut="
        + statistics.refusals().getOrDefault(408, 0L)
        + " queued="
        + statistics.queuedBytes()
        + " queueLimit="
        + statistics.queueLimitBytes();
  }

  /** The processor time of the event loops, without that of the JVM's compilers. */
  private static long loopNanos() {
    var threads = ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (var info : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (info != null && info.getThreadName().startsWith("dunlin-loop-")) {
        sum += Math.max(0, threads.getThreadCpuTime(info.getThreadId()));
      }
    }
    return sum;
  }

  private static long status(String name) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name + ":")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no " + name);
  }

  /**
   * Offers messages of a size to every slow session until it has refused one or so many bytes wait
   * in its queue, and after every round a number to every good one.
   *
   * @param paced whether to give the good ones' sockets time between rounds
   */
  private String offer(int size, long most, boolean paced) throws InterruptedException {
    var open = new ArrayList<>(slow);
    long refused = 0;
    long accepted = 0;
    while (!open.isEmpty()) {
      for (var sessions = open.iterator(); sessions.hasNext(); ) {
        var session = sessions.next();
        if (!session.open() || session.queuedBytes() + size > most) {
          sessions.remove();
          continue;
        }
        // bytes of its own for each: shared ones would be charged, and kept, once
        if (timed(session, Binary.of(new byte[size]))) {
          accepted++;
        } else {
          refused++;
          sessions.remove();
        }
      }
      for (var session : good) {
        if (!timed(session, Text.of(Long.toString(rounds)))) {
          throw new IllegalStateException("a good client was refused a message");
        }
      }
      rounds++;
      if (paced) {
        Thread.sleep(1);
      }
    }
    return "rounds="
        + rounds
        + " accepted="
        + accepted
        + " refused="
        + refused
        + " slowest="
        + slowestNanos;
  }

  private boolean timed(Session session, Data message) {
    long before = System.nanoTime();
    boolean taken = session.trySend(message);
    slowestNanos = Math.max(slowestNanos, System.nanoTime() - before);
    return taken;
  }

  /** How the slow sessions ended, by the code that was sent to them and by cause. */
  private String stories() {
    List<Closed> ended = List.copyOf(stories);
    long told =
        ended.stream()
            .filter(it ->
                it.cause() == Closed.Cause.SLOW
                    && it.sent().map(close -> close.code()).stream()
                        .anyMatch(CloseCode.TRY_AGAIN_LATER::equals))
            .count();
    return "ended="
        + ended.size()
        + " told="
        + told
        + " others="
        + (ended.size() - told)
        + ended.stream()
            .filter(it -> it.sent().isEmpty())
            .map(it -> " " + it.cause() + "=1")
            .distinct()
            .collect(Collectors.joining());
  }
}
