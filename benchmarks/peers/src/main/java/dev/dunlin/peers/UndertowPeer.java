package dev.dunlin.peers;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.websockets.WebSocketConnectionCallback;
import io.undertow.websockets.WebSocketProtocolHandshakeHandler;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.xnio.Options;

/** Undertow with one IO thread: PORT plain|deflate. */
public final class UndertowPeer {

  private static final Set<WebSocketChannel> FAN = ConcurrentHashMap.newKeySet();

  private UndertowPeer() {}

  public static void main(String[] args) {
    var handler =
        new WebSocketProtocolHandshakeHandler(
            (WebSocketConnectionCallback)
                (exchange, channel) -> {
                  var path = exchange.getRequestURI();
                  if (path.equals("/fan")) {
                    FAN.add(channel);
                    channel.addCloseTask(FAN::remove);
                  }
                  channel.getReceiveSetter().set(new Messages(path.equals("/pub")));
                  channel.resumeReceives();
                });
    if (args[1].equals("deflate")) {
      handler.addExtension(new PerMessageDeflateHandshake());
    }
    Undertow.builder()
        .setIoThreads(1)
        .setWorkerThreads(1)
        .setSocketOption(Options.TCP_NODELAY, true)
        .setSocketOption(Options.BACKLOG, 4096)
        .setServerOption(UndertowOptions.ENABLE_HTTP2, false)
        .addHttpListener(Integer.parseInt(args[0]), "127.0.0.1")
        .setHandler(handler)
        .build()
        .start();
  }

  private static final class Messages extends AbstractReceiveListener {
    private final boolean publisher;

    Messages(boolean publisher) {
      this.publisher = publisher;
    }

    @Override
    protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
      if (publisher) {
        var text = message.getData();
        for (var subscriber : FAN) {
          WebSockets.sendText(text, subscriber, null);
        }
      } else {
        WebSockets.sendText(message.getData(), channel, null);
      }
    }

    @Override
    protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
      var data = message.getData();
      WebSockets.sendBinary(WebSockets.mergeBuffers(data.getResource()), channel, null);
      data.free();
    }
  }
}
