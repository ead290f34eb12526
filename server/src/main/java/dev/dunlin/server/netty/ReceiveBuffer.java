package dev.dunlin.server.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.nio.ByteBuffer;

/**
 * The receive buffer that all plain connections of an event loop share: what was read is consumed
 * before the next read, so a connection holds none.
 *
 * <p>It begins at the configured capacity and doubles when a read has filled it. Confined to the
 * loop. Netty releases what it was given; one reference stays here.
 */
final class ReceiveBuffer implements RecvByteBufAllocator, RecvByteBufAllocator.ExtendedHandle {

  static final int MAX_CAPACITY = 128 << 10;

  /** Then the loop turns to its other connections. */
  private static final int MAX_READS = 4;

  private ByteBuf buffer;
  private ByteBuffer view;
  private int attempted;
  private int lastRead;
  private int reads;

  ReceiveBuffer(int capacity) {
    buffer = Unpooled.directBuffer(capacity, capacity);
    view = buffer.nioBuffer(0, capacity);
  }

  @SuppressWarnings("deprecation") // the interface that channels ask for
  @Override
  public Handle newHandle() {
    return this;
  }

  /** What was read into a buffer of this loop, for the protocol core to take and change. */
  ByteBuffer view(ByteBuf read) {
    if (read == buffer) {
      return view.limit(read.writerIndex()).position(read.readerIndex());
    }
    return read.nioBufferCount() == 1
        ? read.nioBuffer()
        : ByteBuffer.wrap(io.netty.buffer.ByteBufUtil.getBytes(read));
  }

  @Override
  public ByteBuf allocate(ByteBufAllocator unused) {
    return buffer.clear().retain();
  }

  @Override
  public int guess() {
    return buffer.capacity();
  }

  @Override
  public void reset(ChannelConfig config) {
    reads = 0;
    lastRead = 0;
  }

  @Override
  public void incMessagesRead(int count) {
    reads += count;
  }

  @Override
  public void lastBytesRead(int bytes) {
    lastRead = bytes;
  }

  @Override
  public int lastBytesRead() {
    return lastRead;
  }

  @Override
  public void attemptedBytesRead(int bytes) {
    attempted = bytes;
  }

  @Override
  public int attemptedBytesRead() {
    return attempted;
  }

  private boolean filled() {
    return lastRead > 0 && lastRead == attempted;
  }

  @Override
  public boolean continueReading() {
    if (filled()) {
      grow();
    }
    return filled() && reads < MAX_READS;
  }

  @Override
  public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
    return continueReading();
  }

  private void grow() {
    int capacity = buffer.capacity();
    if (capacity < MAX_CAPACITY && buffer.refCnt() == 1) {
      release();
      capacity = Math.min(MAX_CAPACITY, capacity * 2);
      buffer = Unpooled.directBuffer(capacity, capacity);
      view = buffer.nioBuffer(0, capacity);
    }
  }

  @Override
  public void readComplete() {}

  void release() {
    buffer.release();
  }
}
