package dev.dunlin.conformance;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.DeflateContext;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.RequestHead;
import dev.dunlin.websocket.Role;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Opens {@link MemoryPeer}s through the engine's own handshake. One thread; close it when done: it
 * holds a compression context.
 */
final class MemoryEngine implements Peer.Opener, AutoCloseable {

  private final Limits limits;
  private final Compression compression;
  private final Map<Optional<String>, Handshake.Accepted> handshakes = new HashMap<>();
  private final DeflateContext context = new DeflateContext();

  MemoryEngine(Limits limits, Compression compression) {
    this.limits = limits;
    this.compression = compression.thresholdBytes(0);
  }

  @Override
  public MemoryPeer open(Case c) {
    return open(c.offer());
  }

  MemoryPeer open(Optional<String> offer) {
    var accepted = shake(offer);
    var bytes = new byte[accepted.bytes().remaining()];
    accepted.bytes().get(bytes);
    return open(accepted, Opening.Response.parse(bytes).agreed());
  }

  /** Like {@link #open}, for many connections that agree on the same: shakes hands once. */
  MemoryPeer openAgreed(Optional<String> offer) {
    var known = handshakes.computeIfAbsent(offer, this::shake);
    var bytes = new byte[known.bytes().remaining()];
    known.bytes().get(bytes);
    return open(known, Opening.Response.parse(bytes).agreed());
  }

  private Handshake.Accepted shake(Optional<String> offer) {
    var head = RequestHead.expect(limits, false);
    var outcome = head.feed(ByteBuffer.wrap(Opening.request("localhost", "/echo", offer)));
    if (!(outcome instanceof RequestHead.Complete complete)) {
      throw new IllegalStateException("the request was not taken: " + outcome);
    }
    var answer = Handshake.defaults().compression(compression).answer(complete.request());
    if (!(answer instanceof Handshake.Accepted accepted)) {
      throw new IllegalStateException("the upgrade was refused: " + answer);
    }
    return accepted;
  }

  /** What the engine agrees to, asked with this offer. */
  Agreed agreed(Optional<String> offer) {
    try (var peer = openAgreed(offer)) {
      return peer.agreed();
    }
  }

  private MemoryPeer open(Handshake.Accepted accepted, Agreed agreed) {
    var builder = Connection.builder(Role.SERVER, new Random(1)).limits(limits);
    accepted
        .compression()
        .ifPresent(parameters ->
            builder.compression(
                PerMessageDeflate.of(Role.SERVER, parameters, compression), context));
    return new MemoryPeer(agreed, builder);
  }

  @Override
  public void close() {
    context.close();
  }
}
