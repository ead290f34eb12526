package dev.dunlin.server.internal;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Handler;
import dev.dunlin.server.IncomingStream;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.server.StreamHandler;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Message;
import java.util.function.Function;

/** An endpoint whose messages are read while they arrive. */
public final class StreamEndpoint implements Endpoint {

  private final Function<Session, StreamHandler> open;

  /** An endpoint that opens conversations so. */
  public StreamEndpoint(Function<Session, StreamHandler> open) {
    this.open = open;
  }

  @Override
  public Handler open(Session session) {
    return new Reading(open.apply(session));
  }

  /** Compression needs whole messages, and reading waits. */
  @Override
  public Route configure(Route route) {
    return route.dispatch(Dispatch.VIRTUAL).compression(Compression.off());
  }

  /** The handler of one session; control frames need nothing more. */
  static final class Reading implements Handler {
    private final StreamHandler handler;

    Reading(StreamHandler handler) {
      this.handler = handler;
    }

    @Override
    public void onMessage(Message message) {}

    void read(IncomingStream message) throws Exception {
      handler.onMessage(message);
    }
  }
}
