package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvelopeTest {

  private static final ClientInfo INFO =
      ClientInfo.of("anna", "c1").withConnInfo(bytes("conn")).withChanInfo(bytes("chan"));

  @Test
  void publicationComesOutAsItWentIn() {
    var options =
        PublishOptions.defaults()
            .tags(Map.of("a", "1", "ä", ""))
            .info(INFO)
            .key("k")
            .version(Long.MAX_VALUE, "v")
            .delta(true)
            .removed(true);
    var data = new byte[100_000];
    Arrays.fill(data, (byte) 7);
    var envelope = Envelope.of(data, options);
    var publication = Envelope.publication("channel", envelope).build();
    assertThat(publication.channel()).isEqualTo("channel");
    assertThat(publication.bytes()).isEqualTo(data);
    assertThat(publication.tags()).isEqualTo(options.tags());
    assertThat(publication.info()).contains(INFO);
    assertThat(publication.key()).isEqualTo("k");
    assertThat(publication.version()).isEqualTo(Long.MAX_VALUE);
    assertThat(publication.delta()).isTrue();
    assertThat(publication.removed()).isTrue();
    assertThat(Envelope.data(envelope)).isEqualTo(data);
    assertThat(Envelope.info(Envelope.of(INFO))).isEqualTo(INFO);
  }

  @Test
  void bytesAreThoseOfEveryRelease() {
    var envelope = Envelope.of(bytes("hi"), PublishOptions.defaults().key("k"));
    assertThat(HexFormat.of().formatHex(envelope)).isEqualTo("01" + "05016b" + "01026869");
  }

  @Test
  void fieldOfALaterReleaseIsPassedOver() {
    var later = HexFormat.of().parseHex("01" + "e80703616263" + "01026869" + "7f00");
    assertThat(Envelope.publication("c", later).build().text()).isEqualTo("hi");
    assertThat(Envelope.data(later)).isEqualTo(bytes("hi"));
    assertThat(Envelope.info(HexFormat.of().parseHex("01" + "630101" + "020163")))
        .isEqualTo(ClientInfo.of("", "c"));
  }

  @Test
  void laterVersionIsRefused() {
    assertThatThrownBy(() -> Envelope.publication("c", new byte[] {2}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 2");
    assertThatThrownBy(() -> Envelope.info(new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void cutAnywhereItIsRefusedOrAShorterOne() {
    var whole = Envelope.of(bytes("data"), PublishOptions.defaults().info(INFO).key("key"));
    for (var length = 0; length < whole.length; length++) {
      var cut = Arrays.copyOf(whole, length);
      try {
        assertThat(Envelope.publication("c", cut).build().bytes()).isEmpty();
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageContaining("envelope");
      }
    }
  }

  @Test
  void lengthBeyondTheEndIsRefusedBeforeAnythingIsTaken() {
    var huge = HexFormat.of().parseHex("0101ffffffff07");
    assertThatThrownBy(() -> Envelope.publication("c", huge))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ends within");
    var endless = HexFormat.of().parseHex("01ffffffffffffff");
    assertThatThrownBy(() -> Envelope.data(endless)).isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
