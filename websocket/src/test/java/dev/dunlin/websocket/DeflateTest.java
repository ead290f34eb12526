package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a server compresses, read by an independent inflater. */
class DeflateTest {

  private static final String JSON =
      "{\"channel\":\"prices:EURUSD\",\"data\":{\"bid\":1.0712,\"ask\":1.0714,\"time\":1764000000}}";

  private final RecordingSink sink = new RecordingSink();
  private final DeflateContext context = new DeflateContext();

  @AfterEach
  void closeContext() {
    context.close();
  }

  private Connection shared() {
    return connection(new DeflateParameters(true, true, 15, 15), Compression.shared());
  }

  private Connection connection(DeflateParameters parameters, Compression compression) {
    return Connection.builder(Role.SERVER, new Random(1))
        .compression(PerMessageDeflate.of(Role.SERVER, parameters, compression), context)
        .open(message -> {}, sink, 0);
  }

  @Test
  void aJoinedBatchIsOneCompressedMessageOfSegmentsMadeOnce() {
    var connection = shared();
    var a = Prepared.of(Text.of(JSON + JSON));
    var b = Prepared.of(List.of(Text.of("short"), Text.of(JSON.repeat(3))));
    var batch = new Batch(Batching.defaults().joint("\n"));
    var peer = new InflaterPeer(false);
    for (int i = 0; i < 3; i++) {
      batch.offer(a);
      batch.offer(b);
      batch.offer(Text.of(JSON.repeat(2)));
      connection.send(batch);
      batch.clear();
      assertThat(peer.read(sink.take()))
          .containsExactly(
              String.join("\n", JSON + JSON, "short", JSON.repeat(3), JSON.repeat(2)).getBytes());
    }
    assertThat(peer.compressed()).isEqualTo(3);
    assertThat(a.deflations()).isEqualTo(1);
    assertThat(b.deflations()).isEqualTo(1);
  }
}
