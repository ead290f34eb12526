package dev.dunlin.app;

import dev.dunlin.channels.Block;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.Subscriber;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.server.Tls;
import dev.dunlin.server.Transport;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.OriginRule;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Text;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code dunlin target}: the bare library as a server for anybody's test suite or load generator.
 */
@Command(
    name = "target",
    description = {
      "Echo every message on every path, for a conformance suite or a load generator.",
      "",
      "Two paths are different: whatever arrives on /pub goes to everyone connected on /fan.",
      "Nobody is asked who he is and any page may connect: not for a public network."
    },
    footer = {
      "",
      "Examples:",
      "  dunlin target --port 9001",
      "  dunlin target --port 9001 --max-message-bytes 67108864 --max-fragments 70000",
      "  dunlin target --port 9443 --tls server.crt server.key"
    })
final class TargetCommand implements Runnable {

  /** Where the compression context lives, if anything is compressed. */
  enum CompressionMode {
    OFF,
    SHARED,
    TAKEOVER
  }

  private static final String FAN = "fan";
  private static final Object MESSAGES = new Object();

  @Option(
      names = "--port",
      required = true,
      paramLabel = "N",
      description = "The port to listen at; 0 for any free one.")
  private int port;

  @Option(
      names = "--max-message-bytes",
      paramLabel = "N",
      description = "The largest message, after inflation. Default: ${DEFAULT-VALUE}.")
  private int maxMessageBytes = Limits.defaults().maxMessageBytes();

  @Option(
      names = "--max-fragments",
      paramLabel = "N",
      description = "The most fragments of a message. Default: ${DEFAULT-VALUE}.")
  private int maxFragments = Limits.defaults().maxFragments();

  @Option(
      names = "--compression",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private CompressionMode compression = CompressionMode.SHARED;

  @Option(
      names = "--dispatch",
      description = "Where handlers run: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Dispatch dispatch = Dispatch.INLINE;

  @Option(
      names = "--transport",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Transport transport = Transport.AUTO;

  @Option(
      names = "--loops",
      paramLabel = "N",
      description = "Event loops; 0 for one per processor. Default: ${DEFAULT-VALUE}.")
  private int loops;

  @Option(
      names = "--tls",
      arity = "2",
      paramLabel = "CERT KEY",
      description = "PEM files of a certificate chain and its key: listen for wss.")
  private @Nullable List<Path> tls;

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  @Override
  public void run() {
    try (var hub = Hub.inMemory();
        var server = start(hub)) {
      var out = spec.commandLine().getOut();
      out.printf(
          "Echo at %s://localhost:%d/; /pub goes to /fan. Control-C ends.%n",
          tls == null ? "ws" : "wss", server.port());
      out.flush();
      new CountDownLatch(1).await();
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  WebSocketServer start(Hub hub) {
    var builder =
        WebSocketServer.builder()
            .limits(
                Limits.defaults()
                    .maxMessageBytes(maxMessageBytes)
                    .maxFragments(maxFragments)
                    .maxNewConnectionsPerSecondPerAddress(0)
                    .maxNewConnectionsPerSecond(0) // load generators ask for more
                    .outboundBytes(Math.max(1 << 20, maxMessageBytes)))
            .transport(transport)
            .loops(loops)
            .route(route("/pub"), publisher(hub))
            .route(route("/fan"), fan(hub))
            .route(route("/{path...}"), ECHO);
    try {
      if (tls != null) {
        builder.tls(Tls.of(tls.get(0), tls.get(1)));
      }
      return builder.start(port);
    } catch (UncheckedIOException refused) {
      throw CommandFailure.failed("port " + port + " cannot be used: " + refused.getMessage());
    }
  }

  private Route route(String path) {
    return Route.at(path)
        .origins(OriginRule.any())
        .dispatch(dispatch)
        .compression(
            switch (compression) {
              case OFF -> Compression.off();
              case SHARED -> Compression.shared();
              case TAKEOVER -> Compression.takeover();
            });
  }

  private static final Endpoint ECHO =
      session ->
          message -> {
            if (message instanceof Data data) {
              session.send(data);
            }
          };

  private static Endpoint publisher(Hub hub) {
    return session ->
        message -> {
          if (message instanceof Data data) {
            var kind = PublishOptions.defaults().key(data instanceof Text ? "text" : "binary");
            var unused = hub.publish(FAN, data.toByteArray(), kind);
          }
        };
  }

  private static Endpoint fan(Hub hub) {
    return session -> {
      var subscription = hub.subscribe(FAN, session.lane(), new Fan(session));
      session.onClose(closed -> subscription.close());
      return message -> {};
    };
  }

  /** Sends what was published, framed once for everybody. */
  private record Fan(Session session) implements Subscriber {

    @Override
    public void deliver(Publication publication) {
      var unused = session.trySend(publication.<Prepared>encoding(MESSAGES, Fan::prepared));
    }

    @Override
    public void deliver(Block block) {
      var unused = session.trySend(block.<Prepared>encoding(MESSAGES, Fan::prepared));
    }

    private static Prepared prepared(Publication publication) {
      return Prepared.of(message(publication));
    }

    private static Prepared prepared(Block block) {
      return Prepared.of(block.publications().stream().map(Fan::message).toList());
    }

    private static Data message(Publication publication) {
      return publication.key().equals("text")
          ? Text.of(publication.data())
          : Binary.of(publication.data());
    }
  }
}
