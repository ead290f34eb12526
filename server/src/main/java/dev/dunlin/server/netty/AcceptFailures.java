package dev.dunlin.server.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands behind Netty's acceptor, which stops accepting for a second when that fails, such as for
 * want of file descriptors: says so, at most once in ten seconds. Confined to the listening loop.
 */
final class AcceptFailures extends ChannelInboundHandlerAdapter {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The server's, which other loops count too. */
  private final LongAdder failures;

  private long saidAt = System.nanoTime() - SILENCE_NANOS;

  AcceptFailures(LongAdder failures) {
    this.failures = failures;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    failures.increment();
    long now = System.nanoTime();
    if (now - saidAt >= SILENCE_NANOS) {
      saidAt = now;
      log.warn(
          "Connections at {} could not be accepted, {} times so far: {}",
          context.channel().localAddress(),
          failures.sum(),
          cause.toString());
    }
  }
}
