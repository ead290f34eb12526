package dev.dunlin.server.netty;

import dev.dunlin.websocket.Refusal;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** A connection beyond the limits: hears 503, and when to come again. */
final class TurnedAway extends ChannelInboundHandlerAdapter {

  private static final int MOST_SECONDS = 10;

  private final NettyLane lane;
  private final Deadline deadline;

  TurnedAway(NettyLane lane) {
    this.lane = lane;
    this.deadline = new Deadline(lane);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    deadline.set(TimeUnit.SECONDS.toNanos(1), context.channel()::close);
    // spread, or all of them come again at once
    int seconds = ThreadLocalRandom.current().nextInt(1, MOST_SECONDS + 1);
    var refusal = Refusal.busy(Duration.ofSeconds(seconds));
    lane.meter().refused(refusal.status());
    Refusals.send(context.channel(), refusal);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    deadline.clear();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
