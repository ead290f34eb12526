package dev.dunlin.server.netty;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Session;
import dev.dunlin.server.internal.Agreement;
import dev.dunlin.server.internal.ClientPlan;
import dev.dunlin.server.internal.Conversation;
import dev.dunlin.websocket.ClientHandshake;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Role;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A connection in the client role until the server has answered. */
final class Asking extends ChannelInboundHandlerAdapter {

  private final ClientPlan plan;
  private final NettyLane lane;
  private final CompletableFuture<Session> result;
  private final ClientHandshake handshake;
  private final Deadline deadline;

  Asking(ClientPlan plan, NettyLane lane, CompletableFuture<Session> result) {
    this.plan = plan;
    this.lane = lane;
    this.result = result;
    this.deadline = new Deadline(lane);
    var asking =
        ClientHandshake.to(plan.authority(), plan.target())
            .subprotocols(plan.subprotocols().toArray(String[]::new))
            .compression(plan.compression());
    plan.headers().forEach(asking::header);
    this.handshake = asking.begin(lane.randomSource());
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    deadline.set(
        plan.terms().limits().requestHead().toNanos()
            + (plan.secure() ? plan.terms().limits().tlsHandshake().toNanos() : 0),
        () -> fail(context, new IOException("the server did not answer in time")));
    if (!plan.secure()) {
      ask(context);
    }
  }

  private void ask(ChannelHandlerContext context) {
    context.writeAndFlush(Unpooled.wrappedBuffer(handshake.request()));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent done) {
      if (done.isSuccess()) {
        ask(context);
      } else {
        fail(
            context,
            new IOException("no TLS connection: " + done.cause().getMessage(), done.cause()));
      }
    } else {
      ReferenceCountUtil.release(event);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var bytes = (ByteBuf) message;
    try {
      var view = lane.receiveBuffer().view(bytes);
      switch (handshake.receive(view)) {
        case ClientHandshake.NeedMore more -> {}
        case ClientHandshake.Failed failed -> fail(context, new IOException(failed.reason()));
        case ClientHandshake.Agreed agreed -> agreed(context, agreed, view);
      }
    } finally {
      bytes.release();
    }
  }

  private void agreed(
      ChannelHandlerContext context, ClientHandshake.Agreed agreed, ByteBuffer rest) {
    var channel = context.channel();
    var wire = new SocketWire(channel, lane, !plan.secure());
    var deflate =
        agreed
            .compression()
            .map(parameters -> PerMessageDeflate.of(Role.CLIENT, parameters, plan.compression()));
    var agreement =
        new Agreement(
            Role.CLIENT,
            null,
            Map.of(),
            Identity.anonymous(),
            agreed.subprotocol().orElse(""),
            deflate.orElse(null));
    var conversation = new Conversation(lane, wire, plan.terms(), agreement);
    wire.begin(conversation);
    context.pipeline().replace(this, null, wire);
    conversation.open(ByteBuffer.allocate(0));
    if (rest.hasRemaining()) {
      conversation.receive(rest);
      conversation.received();
    }
    if (!result.complete(conversation)) {
      conversation.close();
    }
  }

  private void fail(ChannelHandlerContext context, IOException failure) {
    result.completeExceptionally(failure);
    context.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    result.completeExceptionally(new IOException("the server ended the connection"));
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    deadline.clear();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    fail(context, new IOException("the connection failed", cause));
  }
}
