package dev.dunlin.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Uncompressed text, the same in every message: what comes back is compared octet by octet. */
final class Plain extends ClosedLoop<Plain.Reader> {

  private final Server server;
  private final int replySize;
  private final byte[] replies;
  private final ByteBuffer requests;

  Plain(Server server, int inFlight, int bytes) {
    super(server);
    this.server = server;
    var payload = Wire.text(bytes);
    var reply = Wire.frame(Wire.FIN_TEXT, payload, false);
    replySize = reply.length;
    replies = Wire.repeated(reply, inFlight);
    var all = Wire.repeated(Wire.frame(Wire.FIN_TEXT, payload, true), inFlight);
    requests = ByteBuffer.allocateDirect(all.length).put(all).flip();
  }

  static final class Reader extends ClosedLoop.Peer {
    /** How far into the expected replies of the round the connection has read. */
    int at;

    Reader(SocketChannel channel) {
      super(channel);
    }
  }

  @Override
  Reader open(String path) throws IOException {
    var channel = Wire.connect(server.port());
    Wire.writeAll(channel, Wire.request(path, false));
    var unused = Wire.answer(channel);
    return new Reader(channel);
  }

  @Override
  void send(Reader peer) throws IOException {
    Wire.writeAll(peer.channel, requests.duplicate());
  }

  @Override
  int take(Reader peer, ByteBuffer arrived) throws IOException {
    int rounds = 0;
    int count = arrived.remaining();
    int done = 0;
    while (done < count) {
      int piece = Math.min(count - done, replies.length - peer.at);
      if (!arrived.slice(done, piece).equals(ByteBuffer.wrap(replies, peer.at, piece))) {
        throw new IOException("a reply is not what was sent");
      }
      received += (peer.at + piece) / replySize - peer.at / replySize;
      peer.at += piece;
      done += piece;
      if (peer.at == replies.length) {
        peer.at = 0;
        rounds++;
      }
    }
    return rounds;
  }
}
