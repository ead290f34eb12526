package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Lane;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A Netty event loop as a lane. */
final class NettyLane extends Lane {

  private static final long ORIGIN = System.nanoTime() - 1;

  private final EventLoop loop;
  private final ReceiveBuffer receiveBuffer;

  private final RandomGenerator random;

  /** The direct buffer whose address was asked for last, which is the cork's nearly always. */
  private @Nullable ByteBuffer addressed;

  private long address;

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

  /** Where a direct buffer begins in memory, for as long as somebody holds it. On epoll only. */
  long address(ByteBuffer bytes) {
    if (bytes != addressed) {
      address = Buffer.memoryAddress(bytes);
      addressed = bytes;
    }
    return address;
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
