package dev.dunlin.server.internal;

import dev.dunlin.server.Codec;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Handler;
import dev.dunlin.server.TypedSession;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decodes messages for a typed endpoint. */
public final class TypedHandler<T> implements Handler {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  private final TypedSession<T> session;
  private final Codec<T> codec;
  private final Endpoint.ValueHandler<T> handler;

  /** A handler of one session. */
  public TypedHandler(TypedSession<T> session, Codec<T> codec, Endpoint.ValueHandler<T> handler) {
    this.session = session;
    this.codec = codec;
    this.handler = handler;
  }

  @Override
  public void onMessage(Message message) throws Exception {
    switch (message) {
      case Data data -> {
        T value;
        try {
          value = codec.decode(data);
        } catch (Codec.Undecodable undecodable) {
          log.info(
              "A message of {} bytes from {} did not decode ({}); the session closes with {}",
              data.size(),
              session.session().remoteAddress(),
              undecodable.getMessage(),
              undecodable.code());
          session.session().close(undecodable.code(), "the message is not understood");
          return;
        }
        handler.onValue(value);
      }
      case Control control -> {}
    }
  }
}
