package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What travels over a Redis channel, as a node of a neighbouring release reads it. */
class FrameTest {

  private final List<Publication> received = new ArrayList<>();
  private final List<String> others = new ArrayList<>();

  private final Broker.Sink sink =
      new Broker.Sink() {
        @Override
        public void publication(Publication publication) {
          received.add(publication);
        }

        @Override
        public void join(String channel, ClientInfo info) {
          others.add("join " + info.user());
        }

        @Override
        public void leave(String channel, ClientInfo info) {
          others.add("leave " + info.user());
        }

        @Override
        public void control(byte[] message) {
          others.add("control");
        }

        @Override
        public void linkLost() {
          others.add("lost");
        }

        @Override
        public void linkRestored() {
          others.add("restored");
        }
      };

  private static byte[] frame(String line, byte[] rest) {
    var head = (line + "\n").getBytes(UTF_8);
    var frame = new byte[head.length + rest.length];
    System.arraycopy(head, 0, frame, 0, head.length);
    System.arraycopy(rest, 0, frame, head.length, rest.length);
    return frame;
  }

  @Test
  void wordsThatALaterReleaseAddsArePassedOver() {
    var envelope = Envelope.of("data".getBytes(UTF_8), PublishOptions.defaults());
    Frame.deliver("c", frame("p 7 epoch 1000 0 and more", envelope), sink);
    Frame.deliver("c", frame("j and more", Envelope.of(ClientInfo.of("ann", "1"))), sink);
    assertThat(received).hasSize(1);
    assertThat(received.getFirst().text()).isEqualTo("data");
    assertThat(received.getFirst().offset()).isEqualTo(7);
    assertThat(received.getFirst().epoch()).isEqualTo("epoch");
    assertThat(others).containsExactly("join ann");
  }

  @Test
  void kindsThatALaterReleaseAddsArePassedOver() {
    Frame.deliver("c", frame("moved 3", "whatever".getBytes(UTF_8)), sink);
    assertThat(received).isEmpty();
    assertThat(others).isEmpty();
  }
}
