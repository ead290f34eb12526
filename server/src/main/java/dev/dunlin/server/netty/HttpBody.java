package dev.dunlin.server.netty;

import dev.dunlin.server.HttpStream;
import dev.dunlin.server.SessionClosedException;
import dev.dunlin.websocket.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The body of a response, as it is being written. Fields are guarded by {@link #lock}. */
final class HttpBody implements HttpStream {

  private final ChannelHandlerContext context;
  private final NettyLane lane;
  private final Runnable whenComplete;
  private final int maxBytes;
  private final long patience;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private List<Runnable> onClose = new ArrayList<>();
  private long onTheWay;
  private boolean closed;

  HttpBody(ChannelHandlerContext context, NettyLane lane, Limits limits, Runnable whenComplete) {
    this.context = context;
    this.lane = lane;
    this.whenComplete = whenComplete;
    this.maxBytes = limits.outboundBytes();
    this.patience = limits.stalledWrite().toNanos();
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (lane.mustNotWait()) {
      throw new IllegalStateException("write waits, which an event loop must not: use tryWrite");
    }
    int size = bytes.remaining();
    lock.lock();
    try {
      long left = patience;
      while (!closed && onTheWay > 0 && onTheWay + size > maxBytes) {
        if (left <= 0) {
          lane.execute(context::close);
          throw ended();
        }
        left = room.awaitNanos(left);
      }
      if (closed) {
        throw ended();
      }
      onTheWay += size;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting to write", e);
    } finally {
      lock.unlock();
    }
    send(Unpooled.copiedBuffer(bytes), size);
  }

  private static SessionClosedException ended() {
    return new SessionClosedException("the stream has ended");
  }

  @Override
  public boolean tryWrite(ByteBuffer bytes) {
    int size = bytes.remaining();
    lock.lock();
    try {
      if (closed || (onTheWay > 0 && onTheWay + size > maxBytes)) {
        return false;
      }
      onTheWay += size;
    } finally {
      lock.unlock();
    }
    send(Unpooled.copiedBuffer(bytes), size);
    return true;
  }

  private void send(ByteBuf bytes, int size) {
    context
        .writeAndFlush(new DefaultHttpContent(bytes))
        .addListener(written -> {
          lock.lock();
          try {
            onTheWay -= size;
            room.signalAll();
          } finally {
            lock.unlock();
          }
        });
  }

  @Override
  public void close() {
    if (end()) {
      lane.execute(() ->
          context
              .writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
              .addListener(written -> whenComplete.run()));
    }
  }

  /** The connection has ended. */
  void gone() {
    end();
  }

  private boolean end() {
    List<Runnable> actions;
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      closed = true;
      room.signalAll();
      actions = onClose;
      onClose = List.of();
    } finally {
      lock.unlock();
    }
    actions.forEach(HttpBody::tell);
    return true;
  }

  private static void tell(Runnable action) {
    // off the loop: it is the application's, and may block
    Thread.ofVirtual().name("dunlin-http").start(action);
  }

  @Override
  public boolean open() {
    lock.lock();
    try {
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onClose(Runnable action) {
    lock.lock();
    try {
      if (!closed) {
        onClose.add(action);
        return;
      }
    } finally {
      lock.unlock();
    }
    tell(action);
  }

  @Override
  public Executor lane() {
    return lane;
  }
}
