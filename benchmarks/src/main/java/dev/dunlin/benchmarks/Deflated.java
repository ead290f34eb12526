package dev.dunlin.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * JSON that varies from message to message, under permessage-deflate (RFC 7692): requests are
 * compressed each on its own, replies are inflated and compared.
 */
final class Deflated extends ClosedLoop<Deflated.Reader> {

  private static final int DIFFERENT = 256;
  private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};

  private final Server server;
  private final int inFlight;
  private final byte[][] messages = new byte[DIFFERENT][];
  private final byte[][] requests = new byte[DIFFERENT][];

  /** Replies that have been inflated and compared: the same octets need no second look. */
  private final byte[][] known = new byte[DIFFERENT][];

  private final byte[] payload = new byte[1 << 16];
  private final byte[] plain;
  private final ByteBuffer out;
  private long replyBytes;
  private long replies;
  private long compressed;

  Deflated(Server server, int inFlight, int bytes) {
    super(server);
    this.server = server;
    this.inFlight = inFlight;
    this.plain = new byte[bytes + 1];
    var random = new Random(1);
    int largest = 0;
    for (int i = 0; i < DIFFERENT; i++) {
      messages[i] = json(random, bytes);
      known[i] = new byte[0];
      requests[i] = Wire.frame(Wire.FIN_TEXT | Wire.RSV1, deflate(messages[i]), true);
      largest = Math.max(largest, requests[i].length);
    }
    out = ByteBuffer.allocateDirect(largest * inFlight);
  }

  static final class Reader extends ClosedLoop.Peer {
    final Inflater inflater = new Inflater(true);
    final boolean forgets;
    final ByteBuffer held = ByteBuffer.allocate(1 << 16);
    int sent;
    int received;

    Reader(SocketChannel channel, boolean forgets) {
      super(channel);
      this.forgets = forgets;
    }
  }

  /** Quotes of changing instruments: the same keys, other values. */
  private static byte[] json(Random random, int bytes) {
    var text = new StringBuilder("{\"quotes\":[");
    while (text.length() < bytes) {
      text.append("{\"symbol\":\"")
          .append(Integer.toString(random.nextInt(1 << 20), 36))
          .append("\",\"bid\":")
          .append(random.nextInt(1_000_000) / 1e4)
          .append(",\"ask\":")
          .append(random.nextInt(1_000_000) / 1e4)
          .append(",\"at\":\"2026-11-22T")
          .append(10 + random.nextInt(14))
          .append(":00:00Z\"},");
    }
    text.setLength(bytes);
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] deflate(byte[] message) {
    var deflater = new Deflater(6, true);
    deflater.setInput(message);
    var room = new byte[message.length + 64];
    int size = deflater.deflate(room, 0, room.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(room, size - TAIL.length);
  }

  @Override
  Reader open(String path) throws IOException {
    var channel = Wire.connect(server.port());
    Wire.writeAll(channel, Wire.request(path, true));
    var answer = Wire.answer(channel).toLowerCase(Locale.ROOT);
    if (!answer.contains("permessage-deflate")) {
      throw new IOException("the server did not agree to permessage-deflate");
    }
    return new Reader(channel, answer.contains("server_no_context_takeover"));
  }

  @Override
  void send(Reader peer) throws IOException {
    out.clear();
    for (int i = 0; i < inFlight; i++) {
      out.put(requests[peer.sent++ % DIFFERENT]);
    }
    Wire.writeAll(peer.channel, out.flip());
  }

  @Override
  int take(Reader peer, ByteBuffer arrived) throws IOException {
    int rounds = 0;
    while (arrived.hasRemaining()) {
      var held = peer.held;
      int piece = Math.min(arrived.remaining(), held.remaining());
      held.put(held.position(), arrived, arrived.position(), piece);
      held.position(held.position() + piece).flip();
      arrived.position(arrived.position() + piece);
      while (frame(peer, held)) {
        received++;
        if (++peer.received % inFlight == 0) {
          rounds++;
        }
      }
      held.compact();
    }
    return rounds;
  }

  /** Takes one frame, if it is there whole. */
  private boolean frame(Reader peer, ByteBuffer held) throws IOException {
    int at = held.position();
    if (held.remaining() < 4) {
      return false;
    }
    int first = held.get(at) & 0xff;
    int size = held.get(at + 1) & 0x7f;
    int head = 2;
    if (size == 126) {
      size = held.getShort(at + 2) & 0xffff;
      head = 4;
    }
    if (held.remaining() < head + size) {
      return false;
    }
    held.get(at + head, payload, 0, size);
    held.position(at + head + size);
    replies++;
    replyBytes += size;
    var expected = messages[peer.received % DIFFERENT];
    if ((first & Wire.RSV1) == 0) {
      same(expected, payload, size);
    } else {
      compressed++;
      compare(peer, peer.received % DIFFERENT, size);
    }
    return true;
  }

  private void compare(Reader peer, int message, int size) throws IOException {
    var seen = known[message];
    if (peer.forgets && Arrays.equals(seen, 0, seen.length, payload, 0, size)) {
      return;
    }
    var octets = Arrays.copyOf(payload, size);
    same(messages[message], plain, inflate(peer, size));
    known[message] = octets;
  }

  private int inflate(Reader peer, int size) throws IOException {
    System.arraycopy(TAIL, 0, payload, size, TAIL.length);
    try {
      var inflater = peer.inflater;
      if (peer.forgets) {
        inflater.reset();
      }
      inflater.setInput(payload, 0, size + TAIL.length);
      int count = 0;
      while (count < plain.length) {
        int more = inflater.inflate(plain, count, plain.length - count);
        if (more == 0) {
          break;
        }
        count += more;
      }
      return count;
    } catch (DataFormatException wrong) {
      throw new IOException("a reply cannot be inflated", wrong);
    }
  }

  private static void same(byte[] expected, byte[] actual, int size) throws IOException {
    if (!Arrays.equals(expected, 0, expected.length, actual, 0, size)) {
      throw new IOException("a reply is not what was sent");
    }
  }

  @Override
  String more() {
    for (var peer : peers) {
      peer.inflater.end();
    }
    return String.format(
        Locale.ROOT,
        " reply_bytes=%.0f compressed=%.2f",
        (double) replyBytes / replies,
        (double) compressed / replies);
  }
}
