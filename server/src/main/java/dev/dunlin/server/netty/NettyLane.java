package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Lane;
import io.netty.channel.EventLoop;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** A Netty event loop as a lane. */
final class NettyLane extends Lane {

  private static final long ORIGIN = System.nanoTime() - 1;

  private final EventLoop loop;
  private final ReceiveBuffer receiveBuffer;

  private final RandomGenerator random;

  NettyLane(EventLoop loop, int bufferCapacity) {
    this(loop, bufferCapacity, new DrawnAhead(new SecureRandom()));
  }

  private NettyLane(EventLoop loop, int bufferCapacity, RandomGenerator random) {
    super(random, nanos());
    this.random = random;
    this.loop = loop;
    this.receiveBuffer = new ReceiveBuffer(bufferCapacity);
  }

  RandomGenerator randomSource() {
    return random;
  }

  private static long nanos() {
    return System.nanoTime() - ORIGIN;
  }

  ReceiveBuffer receiveBuffer() {
    return receiveBuffer;
  }

  @Override
  public boolean inLane() {
    return loop.inEventLoop();
  }

  @Override
  public long now() {
    return nanos();
  }

  @Override
  protected void schedule(Runnable task, long nanos) {
    var unused = loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public String toString() {
    return "Lane[" + loop + "]";
  }
}
