package dev.dunlin.websocket;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** A sink that remembers all that was sent. */
final class RecordingSink implements Sink {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private ByteBuffer lent = ByteBuffer.allocate(0);

  @Override
  public ByteBuffer room(int bytes) {
    collect();
    lent = ByteBuffer.allocate(bytes);
    return lent;
  }

  @Override
  public void share(ByteBuffer bytes) {
    collect();
    var copy = new byte[bytes.remaining()];
    bytes.get(bytes.position(), copy);
    out.writeBytes(copy);
  }

  private void collect() {
    out.write(lent.array(), 0, lent.position());
    lent = ByteBuffer.allocate(0);
  }

  /** What was sent since the last call. */
  byte[] take() {
    collect();
    var bytes = out.toByteArray();
    out.reset();
    return bytes;
  }

  String takeHex() {
    return HexFormat.of().formatHex(take());
  }
}
