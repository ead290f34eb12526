package dev.dunlin.server.internal;

import dev.dunlin.server.OutgoingStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A message that is sent while it is produced. For one thread at a time. */
final class Parts extends OutgoingStream {

  private static final int PIECE_BYTES = 16 << 10;

  private final Conversation conversation;
  private final boolean text;
  private byte[] piece = new byte[PIECE_BYTES];
  private int size;
  private boolean done;

  Parts(Conversation conversation, boolean text) {
    this.conversation = conversation;
    this.text = text;
  }

  @Override
  public void write(int octet) {
    requireOpen();
    piece[size++] = (byte) octet;
    if (size == PIECE_BYTES) {
      send(false);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    requireOpen();
    int written = 0;
    while (written < length) {
      int count = Math.min(length - written, PIECE_BYTES - size);
      System.arraycopy(bytes, offset + written, piece, size, count);
      size += count;
      written += count;
      if (size == PIECE_BYTES) {
        send(false);
      }
    }
  }

  @Override
  public void flush() {
    if (!done && size > 0) {
      send(false);
    }
  }

  @Override
  public void close() {
    if (!done) {
      done = true;
      send(true);
    }
  }

  private void requireOpen() {
    if (done) {
      throw new IllegalStateException("the message is complete");
    }
  }

  private void send(boolean last) {
    var bytes = ByteBuffer.wrap(piece, 0, size);
    piece = last ? new byte[0] : new byte[PIECE_BYTES];
    size = 0;
    conversation.send(new Outbox.Part(text, bytes, last));
  }
}
