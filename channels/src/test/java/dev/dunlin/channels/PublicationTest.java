package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ReadOnlyBufferException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PublicationTest {

  private static Publication publication(String text) {
    return Publication.of("channel", text.getBytes(UTF_8)).build();
  }

  private static Publication at(long offset, String epoch) {
    return Publication.of("channel", new byte[1]).position(offset, epoch).build();
  }

  @Test
  void encodingIsMadeOncePerKey() {
    var made = new AtomicInteger();
    var publication = publication("hello");
    var json = publication.encoding("json", p -> "J" + made.incrementAndGet() + p.text());
    assertThat(json).isEqualTo("J1hello");
    assertThat(publication.<String>encoding("json", p -> "J" + made.incrementAndGet()))
        .isSameAs(json);
    assertThat(publication.<String>encoding("protobuf", p -> "P" + made.incrementAndGet()))
        .isEqualTo("P2");
    assertThat(made).hasValue(2);
  }

  @Test
  void encodingIsMadeOnceByManyThreads() throws Exception {
    for (var round = 0; round < 50; round++) {
      var made = new AtomicInteger();
      var publication = publication("hello");
      var begin = new CountDownLatch(1);
      List<Future<Object>> encoded;
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        encoded =
            IntStream.range(0, 16)
                .mapToObj(i ->
                    threads.submit(() -> {
                      begin.await();
                      return publication.encoding(
                          i % 4,
                          p -> {
                            made.incrementAndGet();
                            return new Object();
                          });
                    }))
                .toList();
        begin.countDown();
      }
      assertThat(made).hasValue(4);
      for (var i = 4; i < 16; i++) {
        assertThat(encoded.get(i).get()).isSameAs(encoded.get(i % 4).get());
      }
    }
  }

  @Test
  void encoderThatFailsIsTriedAgain() {
    var publication = publication("hello");
    assertThatThrownBy(() ->
            publication.encoding(
                "json",
                p -> {
                  throw new IllegalStateException("broken");
                }))
        .hasMessage("broken");
    assertThat(publication.encoding("json", Publication::text)).isEqualTo("hello");
  }

  @Test
  void encodingMayUseAnother() {
    var publication = publication("hello");
    var deflated = publication.encoding("deflated", p -> "z" + p.encoding("json", q -> q.text()));
    assertThat(deflated).isEqualTo("zhello");
  }

  @Test
  void dataIsReadOnlyAndEachViewHasAPositionOfItsOwn() {
    var publication = publication("hello");
    publication.data().get();
    assertThat(publication.data().remaining()).isEqualTo(5);
    assertThatThrownBy(() -> publication.data().put(0, (byte) 1))
        .isInstanceOf(ReadOnlyBufferException.class);
  }

  @Test
  void twinSharesTheDataAndNotTheEncodings() {
    var publication = publication("hello");
    publication.encoding("json", p -> "first");
    var twin = publication.twin();
    assertThat(twin.text()).isEqualTo("hello");
    assertThat(twin.<String>encoding("json", p -> "second")).isEqualTo("second");
  }

  @Test
  void textFormTellsNoContent() {
    assertThat(publication("secret").toString()).doesNotContain("secret");
    assertThat(ClientInfo.of("user", "client").withConnInfo("secret".getBytes(UTF_8)).toString())
        .doesNotContain("secret");
  }

  @Test
  void blockIsContinuousIfItsOffsetsAre() {
    assertThat(Block.of(List.of(at(3, "e"), at(4, "e"))).continuous()).isTrue();
    assertThat(Block.of(List.of(at(3, "e"), at(5, "e"))).continuous()).isFalse();
    assertThat(Block.of(List.of(at(3, "e"), at(4, "f"))).continuous()).isFalse();
    assertThat(Block.of(List.of(at(0, ""))).continuous()).isFalse();
  }

  @Test
  void emptyBlockIsRefused() {
    assertThatThrownBy(() -> Block.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
