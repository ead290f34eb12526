package dev.dunlin.server.netty;

import static java.util.Objects.requireNonNull;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.internal.ForwardedClient;
import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.websocket.Headers;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.RequestHead;
import dev.dunlin.websocket.UpgradeRequest;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plain HTTP on a connection that has not asked for WebSocket, or not yet: one request at a time,
 * its body bounded, its handler on a virtual thread. Lane-confined.
 */
final class HttpExchanges extends ChannelInboundHandlerAdapter {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  /** Bodies leave in pieces, so that one sees how far they have come. */
  private static final int PIECE_BYTES = 64 << 10;

  private final NettyServer server;
  private final ListenerPlan plan;
  private final NettyLane lane;
  private final Limits limits;
  private final boolean secure;
  private final Deadline deadline;

  /** What the codec has decoded while a request is being answered. */
  private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>(2);

  private final ByteArrayOutputStream body = new ByteArrayOutputStream(256);
  private @Nullable UpgradeRequest head;
  private @Nullable HttpBody stream;

  /** What the body takes of the server's budget for strangers. */
  private int charged;

  private boolean busy;
  private boolean keepAlive;
  private boolean ended;
  private boolean draining;

  HttpExchanges(
      NettyServer server, ListenerPlan plan, NettyLane lane, Limits limits, boolean secure) {
    this.server = server;
    this.plan = plan;
    this.lane = lane;
    this.limits = limits;
    this.secure = secure;
    this.deadline = new Deadline(lane);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    server.httpBegun();
    awaitRequest(context);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    server.httpEnded();
    discharge();
    deadline.clear();
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
  }

  private void awaitRequest(ChannelHandlerContext context) {
    deadline.set(limits.requestHead().toNanos(), context.channel()::close);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var part = (HttpObject) message;
    if (ended) {
      ReferenceCountUtil.release(part);
    } else if (busy) {
      waiting.add(part);
      context.channel().config().setAutoRead(false); // no more than one read brings waits here
    } else {
      take(context, part);
    }
  }

  private void take(ChannelHandlerContext context, HttpObject part) {
    try {
      if (part.decoderResult().isFailure()) {
        refuse(context, Refusal.of(400, "the request is malformed"));
        return;
      }
      if (part instanceof io.netty.handler.codec.http.HttpRequest request) {
        begin(context, request);
      }
      if (part instanceof HttpContent content && !ended) {
        var bytes = content.content();
        if (body.size() + bytes.readableBytes() > limits.maxRequestBodyBytes()) {
          refuse(context, tooLarge());
          return;
        }
        if (!charge(bytes.readableBytes())) {
          refuse(context, Refusal.busy(Duration.ofSeconds(2)));
          return;
        }
        body.writeBytes(io.netty.buffer.ByteBufUtil.getBytes(bytes));
      }
      if (part instanceof LastHttpContent && !ended) {
        dispatch(context);
      }
    } finally {
      ReferenceCountUtil.release(part);
    }
  }

  private boolean charge(int bytes) {
    boolean taken = bytes == 0 || server.strangers().take(bytes);
    charged += taken ? bytes : 0;
    return taken;
  }

  private void discharge() {
    server.strangers().give(charged);
    charged = 0;
  }

  private Refusal tooLarge() {
    return Refusal.of(413, "the body is larger than " + limits.maxRequestBodyBytes() + " bytes");
  }

  private void begin(
      ChannelHandlerContext context, io.netty.handler.codec.http.HttpRequest request) {
    keepAlive = HttpUtil.isKeepAlive(request) && !draining;
    var headers = Headers.none();
    try {
      for (var line : request.headers()) {
        headers = headers.with(line.getKey(), line.getValue());
      }
    } catch (IllegalArgumentException e) {
      refuse(context, Refusal.of(400, "a header line is malformed"));
      return;
    }
    if (request.headers().size() > limits.maxHeaders()) {
      refuse(context, Refusal.of(431, "more than " + limits.maxHeaders() + " header lines"));
      return;
    }
    var outcome =
        RequestHead.of(
            request.method().name(),
            request.uri(),
            request.protocolVersion().minorVersion(),
            headers,
            secure);
    switch (outcome) {
      case RequestHead.NeedMore more -> throw new IllegalStateException("a whole head is whole");
      case Refusal refusal -> refuse(context, refusal);
      case RequestHead.Complete complete -> begin(context, request, complete.request());
    }
  }

  private void begin(ChannelHandlerContext context, HttpMessage message, UpgradeRequest request) {
    if (HttpUtil.getContentLength(message, -1L) > limits.maxRequestBodyBytes()) {
      refuse(context, tooLarge());
      return;
    }
    head = request;
    body.reset();
    if (HttpUtil.is100ContinueExpected(message)) {
      context.writeAndFlush(
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }
  }

  private void dispatch(ChannelHandlerContext context) {
    var request = head;
    if (request == null) {
      return;
    }
    head = null;
    if (request.isUpgrade()) {
      upgrade(context, request);
      return;
    }
    var match = plan.http().match(request.path());
    if (match.isEmpty()) {
      lane.meter().refused(404);
      answer(context, HttpResponse.text(404, "nothing is here\n"), request);
      return;
    }
    busy = true;
    deadline.clear();
    context.channel().config().setAutoRead(false);
    var found = match.get();
    var whole =
        new HttpRequest(
            request,
            found.variables(),
            body.toByteArray(),
            ForwardedClient.of(request.headers(), plan.proxies(), Peers.address(context.channel())),
            Presented.certificates(context.channel()));
    body.reset();
    Thread.ofVirtual()
        .name("dunlin-http")
        .start(() -> handle(context, found.target(), whole, request));
  }

  /** The connection leaves HTTP: what answers a first request answers this one. */
  private void upgrade(ChannelHandlerContext context, UpgradeRequest request) {
    ended = true; // for this handler: a client sends nothing until it has its answer
    var pipeline = context.pipeline();
    var opening = new Opening(server, plan, lane, limits, secure);
    pipeline.replace(this, null, opening);
    pipeline.remove(HttpServerCodec.class);
    pipeline.remove(CopyIn.class);
    opening.upgrade(pipeline.context(opening), request);
  }

  private void handle(
      ChannelHandlerContext context,
      HttpHandler handler,
      HttpRequest request,
      UpgradeRequest head) {
    HttpResponse response;
    try {
      response = requireNonNull(handler.handle(request), "an HTTP handler has an answer");
    } catch (Throwable failure) {
      log.error("A handler of {} {} failed", request.method(), request.path(), failure);
      response = HttpResponse.text(500, "internal error\n");
    }
    var answer = response;
    onLaneWhileItLasts(() -> answer(context, answer, head));
  }

  /** For a handler's thread: where the server has stopped meanwhile nobody waits for its answer. */
  private void onLaneWhileItLasts(Runnable task) {
    if (!lane.offer(task)) {
      log.debug("The server stopped before a handler of it had answered");
    }
  }

  private void answer(
      ChannelHandlerContext context, HttpResponse response, UpgradeRequest request) {
    discharge();
    if (!context.channel().isActive()) {
      return;
    }
    boolean noBody = request.method().equals("HEAD") || response.status() == 204;
    if (response.stream().isPresent() && !noBody) {
      begin(context, response, request);
      return;
    }
    var bytes = response.body();
    var answer =
        new DefaultHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status()));
    head(response, answer);
    if (response.status() != 204 && response.status() != 304) {
      answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
    }
    context.write(answer);
    for (int at = 0; !noBody && at < bytes.length; at += PIECE_BYTES) {
      int size = Math.min(PIECE_BYTES, bytes.length - at);
      context.write(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes, at, size)));
    }
    var written = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    // who does not read gets no further answers, which would wait in memory
    busy = true;
    if (!written.isDone()) {
      watchWrite(context);
    }
    written.addListener(done -> {
      if (done.isSuccess()) {
        answered(context);
      } else {
        context.close();
      }
    });
  }

  /** What is pending must become less in time. */
  private void watchWrite(ChannelHandlerContext context) {
    long left = pending(context.channel());
    deadline.set(
        limits.stalledWrite().toNanos(),
        () -> {
          if (pending(context.channel()) < left) {
            watchWrite(context);
          } else {
            context.close();
          }
        });
  }

  private static long pending(Channel channel) {
    var queue = channel.unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes();
  }

  private void head(HttpResponse response, HttpMessage answer) {
    response.headers().forEach((name, value) -> answer.headers().add(name, value));
    if (!keepAlive || draining) {
      keepAlive = false;
      answer.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  private void begin(ChannelHandlerContext context, HttpResponse response, UpgradeRequest request) {
    var answer =
        new DefaultHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status()));
    boolean chunked = request.minorVersion() > 0;
    keepAlive &= chunked;
    head(response, answer);
    if (chunked) {
      answer.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    context.writeAndFlush(answer);
    busy = true;
    var begun = new HttpBody(context, lane, limits, () -> streamed(context));
    stream = begun;
    context.channel().config().setAutoRead(true); // to see the peer go
    Thread.ofVirtual()
        .name("dunlin-http")
        .start(() -> {
          try {
            response.stream().orElseThrow().accept(begun);
          } catch (dev.dunlin.server.SessionClosedException gone) {
            begun.close();
          } catch (Throwable failure) {
            log.error("The stream of {} {} failed", request.method(), request.path(), failure);
            onLaneWhileItLasts(context::close);
          }
        });
  }

  private void streamed(ChannelHandlerContext context) {
    stream = null;
    answered(context);
  }

  private void answered(ChannelHandlerContext context) {
    busy = false;
    if (!keepAlive) {
      end(context);
      return;
    }
    awaitRequest(context);
    context.channel().config().setAutoRead(true);
    while (!busy && !ended) {
      var next = waiting.poll();
      if (next == null) {
        return;
      }
      take(context, next);
    }
  }

  /** Ends the connection once all is written and the peer has read it. */
  private void end(ChannelHandlerContext context) {
    ended = true;
    deadline.set(limits.closeHandshake().toNanos(), context.channel()::close);
    context.channel().config().setAutoRead(true);
    context
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(written -> Refusals.endOutput(context.channel()));
  }

  private void refuse(ChannelHandlerContext context, Refusal refusal) {
    keepAlive = false;
    lane.meter().refused(refusal.status());
    var answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(refusal.status()),
            Unpooled.copiedBuffer(
                refusal.reason() + "\n", java.nio.charset.StandardCharsets.UTF_8));
    refusal.headers().forEach((name, value) -> answer.headers().add(name, value));
    answer
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
        .set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes())
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    end(context);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == Draining.EVENT) {
      draining = true;
      keepAlive = false;
      var open = stream;
      if (open != null) {
        open.close();
      } else if (!busy && !ended) {
        context.close();
      }
      return;
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    var open = stream;
    if (open != null && !context.channel().isWritable()) {
      deadline.set(limits.stalledWrite().toNanos(), context.channel()::close);
    } else if (open != null) {
      deadline.clear();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ended = true;
    var open = stream;
    if (open != null) {
      open.gone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
