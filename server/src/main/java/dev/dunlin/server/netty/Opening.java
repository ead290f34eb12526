package dev.dunlin.server.netty;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.internal.Agreement;
import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.ForwardedClient;
import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.server.internal.Router;
import dev.dunlin.server.internal.Target;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.RequestHead;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.UpgradeRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection from its acceptance to the answer to its first request. */
final class Opening extends ChannelInboundHandlerAdapter {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  private final NettyServer server;
  private final ListenerPlan plan;
  private final NettyLane lane;
  private final Limits limits;
  private final RequestHead head;
  private final Deadline deadline;
  private final boolean secure;

  private boolean answered;
  private boolean refused;

  Opening(NettyServer server, ListenerPlan plan, NettyLane lane, Limits limits, boolean secure) {
    this.server = server;
    this.plan = plan;
    this.lane = lane;
    this.limits = limits;
    this.deadline = new Deadline(lane);
    this.secure = secure;
    this.head = RequestHead.expect(limits, secure);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline.set(
        limits.requestHead().toNanos(),
        () -> refuse(context, Refusal.of(408, "the request did not arrive in time")));
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    deadline.clear();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var bytes = (ByteBuf) message;
    try {
      if (!answered) {
        take(context, lane.receiveBuffer().view(bytes));
      }
    } finally {
      bytes.release();
    }
  }

  private void take(ChannelHandlerContext context, ByteBuffer bytes) {
    switch (head.feed(bytes)) {
      case RequestHead.NeedMore more -> {}
      case Refusal refusal -> refuse(context, refusal);
      case RequestHead.Complete complete -> {
        answered = true;
        guarded(context, () -> answer(context, complete.request(), bytes));
      }
    }
  }

  /** Answers an upgrade whose head has been read by others. */
  void upgrade(ChannelHandlerContext context, UpgradeRequest request) {
    answered = true;
    guarded(context, () -> answer(context, request, ByteBuffer.allocate(0)));
  }

  /** The fault barrier: rules about origins are the application's, and may fail. */
  private void guarded(ChannelHandlerContext context, Runnable answer) {
    try {
      answer.run();
    } catch (RuntimeException failure) {
      log.error(
          "An upgrade from {} could not be answered", Peers.address(context.channel()), failure);
      if (context.isRemoved()) {
        context.close();
      } else {
        refuse(context, Refusal.of(500, "internal error"));
      }
    }
  }

  private void answer(ChannelHandlerContext context, UpgradeRequest request, ByteBuffer rest) {
    if (!request.isUpgrade() && !plan.http().isEmpty()) {
      plainHttp(context, request, rest);
      return;
    }
    var client =
        ForwardedClient.of(request.headers(), plan.proxies(), Peers.address(context.channel()));
    if (client != Peers.address(context.channel())
        && !server.speaksFor(context.channel(), client)) {
      refuse(context, Refusal.busy(Duration.ofSeconds(5)));
      return;
    }
    var match = plan.routes().match(request.path());
    if (match.isEmpty()) {
      refuse(context, Refusal.of(404, "nothing is here"));
      return;
    }
    var found = match.get();
    var authenticator = found.target().authenticator();
    if (authenticator.isEmpty()) {
      upgrade(context, request, found, anonymous(context), rest);
      return;
    }
    // what is wrong with the request itself needs no credentials to be said
    var refusal = found.target().handshake().check(request);
    if (refusal.isPresent()) {
      refuse(context, refusal.get());
      return;
    }
    if (server.failsTooOften(client)) {
      refuse(
          context,
          Refusal.of(429, "too many credentials that are wrong").header("Retry-After", "60"));
      return;
    }
    authenticate(context, request, found, authenticator.get(), copy(rest));
  }

  /** Installs an HTTP codec and gives it the request from its first byte. */
  private void plainHttp(ChannelHandlerContext context, UpgradeRequest request, ByteBuffer rest) {
    var bytes = Unpooled.copiedBuffer(request.bytes(), rest);
    rest.position(rest.limit());
    var pipeline = context.pipeline();
    var codec =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.maxRequestLineBytes())
            .setMaxHeaderSize(limits.maxHeadBytes());
    pipeline.addLast(
        CopyIn.INSTANCE,
        new HttpServerCodec(codec),
        new HttpExchanges(server, plan, lane, limits, secure));
    var codecs = pipeline.context(CopyIn.INSTANCE);
    pipeline.remove(this);
    // Not from the head of the pipeline: TLS stands there, which has opened these bytes already.
    CopyIn.INSTANCE.channelRead(codecs, bytes);
    codecs.fireChannelReadComplete();
  }

  /** Nobody has asked for credentials; what TLS has verified is known all the same. */
  private static Identity anonymous(ChannelHandlerContext context) {
    var certificates = Presented.certificates(context.channel());
    return certificates.isEmpty() ? Identity.anonymous() : new Identity("", certificates, "{}");
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
  }

  private void authenticate(
      ChannelHandlerContext context,
      UpgradeRequest request,
      Router.Match<Target> found,
      Authenticator authenticator,
      ByteBuffer rest) {
    context.channel().config().setAutoRead(false);
    CompletionStage<Identity> asked;
    try {
      asked = authenticator.authenticate(Presented.by(request, context.channel()));
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedStage(e);
    }
    asked.whenComplete((identity, failure) -> {
      if (lane.inLane()) {
        authenticated(context, request, found, identity, failure, rest);
      } else {
        lane.execute(() -> authenticated(context, request, found, identity, failure, rest));
      }
    });
  }

  private void authenticated(
      ChannelHandlerContext context,
      UpgradeRequest request,
      Router.Match<Target> found,
      @Nullable Identity identity,
      @Nullable Throwable failure,
      ByteBuffer rest) {
    if (context.isRemoved() || refused || !context.channel().isActive()) {
      return;
    }
    context.channel().config().setAutoRead(true);
    guarded(context, () -> decided(context, request, found, identity, failure, rest));
  }

  private void decided(
      ChannelHandlerContext context,
      UpgradeRequest request,
      Router.Match<Target> found,
      @Nullable Identity identity,
      @Nullable Throwable failure,
      ByteBuffer rest) {
    if (failure == null && identity != null && found.target().revoked(identity)) {
      refuse(
          context,
          Presented.refusal(
              new AuthenticationException(Reason.REVOKED, "user or token revoked"),
              Peers.address(context.channel())));
      return;
    }
    if (failure == null && identity != null) {
      upgrade(context, request, found, identity, rest);
      return;
    }
    var why = failure == null ? new IllegalStateException("no identity") : failure;
    var from = Peers.address(context.channel());
    server.failed(from, why);
    refuse(context, Presented.refusal(why, from));
  }

  private void upgrade(
      ChannelHandlerContext context,
      UpgradeRequest request,
      Router.Match<Target> found,
      Identity identity,
      ByteBuffer rest) {
    var target = found.target();
    boolean counted = target.mayTakeOver() && server.enterTakeover();
    boolean kept = false;
    try {
      var handshake = counted ? target.handshake() : target.sharing();
      switch (handshake.answer(request)) {
        case Refusal refusal -> refuse(context, refusal);
        case Handshake.Accepted accepted -> {
          var deflate = accepted.compression().map(target::deflate).orElse(null);
          if (counted && deflate != null && deflate.perConnection()) {
            kept = true;
            context.channel().closeFuture().addListener(closed -> server.leaveTakeover());
          }
          accept(context, request, found, identity, accepted, deflate, rest);
        }
      }
    } finally {
      if (counted && !kept) {
        server.leaveTakeover();
      }
    }
  }

  private void accept(
      ChannelHandlerContext context,
      UpgradeRequest request,
      Router.Match<Target> found,
      Identity identity,
      Handshake.Accepted accepted,
      @Nullable PerMessageDeflate deflate,
      ByteBuffer rest) {
    var channel = context.channel();
    var wire = new SocketWire(channel, lane, !secure);
    var agreement =
        new Agreement(
            Role.SERVER,
            request,
            found.variables(),
            identity,
            accepted.subprotocol().orElse(""),
            deflate);
    var conversation = new Conversation(lane, wire, found.target().terms(), agreement);
    wire.begin(conversation);
    context.pipeline().replace(this, null, wire);
    server.begun(channel, conversation);
    conversation.open(accepted.bytes());
    if (rest.hasRemaining()) {
      conversation.receive(rest);
      conversation.received();
    }
  }

  /** Answers with an HTTP error; what still arrives is thrown away until the peer ends. */
  private void refuse(ChannelHandlerContext context, Refusal refusal) {
    answered = true;
    refused = true;
    var channel = context.channel();
    channel.config().setAutoRead(true);
    deadline.set(limits.closeHandshake().toNanos(), channel::close);
    lane.meter().refused(refusal.status());
    Refusals.send(channel, refusal);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == Draining.EVENT) {
      context.close();
    } else {
      ReferenceCountUtil.release(event);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
