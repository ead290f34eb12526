package dev.dunlin.conformance;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionData;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateServerExtensionHandshaker;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The second decoder of the differential tests: Netty's codec, its frames put together here. */
final class NettyReference {

  private NettyReference() {}

  /** What Netty makes of a client's bytes: events, the last of which may be {@link Refused}. */
  static List<Object> read(byte[] bytes, boolean deflate) {
    var config =
        WebSocketDecoderConfig.newBuilder()
            .maxFramePayloadLength(1 << 20)
            .expectMaskedFrames(true)
            .allowExtensions(deflate)
            .closeOnProtocolViolation(false)
            .withUTF8Validator(!deflate)
            .build();
    var channel = new EmbeddedChannel(new WebSocket13FrameDecoder(config));
    if (deflate) {
      var extension =
          new PerMessageDeflateServerExtensionHandshaker(1 << 20)
              .handshakeExtension(new WebSocketExtensionData("permessage-deflate", Map.of()));
      channel.pipeline().addLast(extension.newExtensionDecoder());
    }
    var events = new ArrayList<Object>();
    var message = new ByteArrayOutputStream();
    boolean text = false;
    Throwable failure = null;
    try {
      channel.writeInbound(Unpooled.copiedBuffer(bytes));
    } catch (DecoderException | IllegalStateException e) {
      failure = e;
    }
    WebSocketFrame frame;
    while ((frame = channel.readInbound()) != null) {
      var content = ByteBufUtil.getBytes(frame.content());
      switch (frame) {
        case PingWebSocketFrame ping -> events.add(Event.pong(content));
        case PongWebSocketFrame pong -> {}
        case CloseWebSocketFrame close ->
            events.add(new Event.Close(close.statusCode(), close.reasonText()));
        default -> {
          if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
            text = frame instanceof TextWebSocketFrame;
          }
          message.writeBytes(content);
          if (frame.isFinalFragment()) {
            events.add(new Event.Message(text, message.toByteArray()));
            message.reset();
          }
        }
      }
      ReferenceCountUtil.release(frame);
      if (events.size() > 0 && events.getLast() instanceof Event.Close) {
        failure = null;
        break;
      }
    }
    if (failure != null) {
      events.add(new Refused(code(failure), String.valueOf(failure.getMessage())));
    }
    try {
      channel.finishAndReleaseAll();
    } catch (DecoderException e) {
      // what it finds out at the end it has not told its application
    }
    return events;
  }

  private static int code(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CorruptedWebSocketFrameException corrupted) {
        return corrupted.closeStatus().code();
      }
    }
    return 1007;
  }

  /** Netty would not take it. */
  record Refused(int code, String why) {}
}
