package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Patches in place of publications: section 12 of the protocol. */
@ParameterizedClass
@EnumSource(Encoding.class)
class DeltaTest {

  private static final String LONG = "a text that is long enough for a patch to be shorter: ";

  @Parameter Encoding encoding;

  private final TestNode node =
      TestNode.open(
          Map.of(
              "delta",
                  TestNode.history()
                      .forceRecovery(true)
                      .allowTagsFilter(true)
                      .allowedDeltaTypes(Set.of(NamespaceOptions.FOSSIL))
                      .deltaPublish(true)
                      .build(),
              "wish",
                  TestNode.history()
                      .forceRecovery(true)
                      .allowedDeltaTypes(Set.of(NamespaceOptions.FOSSIL))
                      .build(),
              "never", TestNode.history().forceRecovery(true).build()));

  @AfterEach
  void close() {
    node.close();
  }

  private String subscribe(Peer peer, String channel, String more) {
    return peer.ask(
        "{'id':2,'subscribe':{'channel':'%s','delta':'fossil'%s}}".formatted(channel, more));
  }

  /** A client's memory of a stream: it applies patches as the SDKs do. */
  private final class Reader {
    private byte[] before = {};
    private final ArrayList<Boolean> patches = new ArrayList<>();

    String read(String push) {
      boolean patch = push.contains("\"delta\":true");
      var data = push.replaceAll("(?s)^.*\"pub\":\\{\"data\":(.*),\"offset\":.*$", "$1");
      var bytes =
          (encoding == Encoding.JSON ? unquoted(data) : data).getBytes(StandardCharsets.UTF_8);
      before = patch ? FossilDelta.apply(before, bytes) : bytes;
      patches.add(patch);
      return new String(before, StandardCharsets.UTF_8);
    }
  }

  private static String unquoted(String json) {
    try (var reader =
        new JsonReader(
            ("{\"s\":" + json + "}").getBytes(StandardCharsets.UTF_8),
            0,
            json.getBytes(StandardCharsets.UTF_8).length + 6)) {
      reader.next();
      return reader.string();
    } catch (BadCommandException e) {
      throw new AssertionError(json, e);
    }
  }

  private static String data(String text) {
    return "\"" + LONG + text + "\"";
  }

  @Test
  void theFirstIsFullAndPatchesFollow() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "delta:a", "")).contains("\"delta\":true");
    var reader = new Reader();
    // over Protobuf a patch may cut a character, which these texts of replies cannot show
    var words = encoding == Encoding.JSON ? List.of("тест", "тесты") : List.of("test", "tests");
    for (var text : List.of("one", "two", words.get(0), words.get(1), "three")) {
      node.publish("delta:a", data(text));
      assertThat(reader.read(peer.next())).isEqualTo(data(text));
    }
    assertThat(reader.patches).containsExactly(false, true, true, true, true);
  }

  @Test
  void aPatchThatIsNoShorterIsNotSent() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "delta:a", "");
    var reader = new Reader();
    for (var text : new String[] {"1", "2", "{\"entirely\":\"other\"}"}) {
      node.publish("delta:a", text);
      assertThat(reader.read(peer.next())).isEqualTo(text);
    }
    assertThat(reader.patches).containsExactly(false, false, false);
  }

  @Test
  void afterARecoveryPatchesFollowAtOnce() {
    node.publish("delta:a", data("1"));
    node.publish("delta:a", data("2"));
    var peer = node.anonymous(encoding);
    var reply = subscribe(peer, "delta:a", ",'recover':true,'offset':1");
    assertThat(reply).contains("\"recovered\":true").contains("\"delta\":true");
    assertThat(reply).as("the first recovered is full").doesNotContain("\"offset\":2,\"delta\"");
    node.publish("delta:a", data("3"));
    var push = peer.next();
    assertThat(push).contains("\"delta\":true");
    var nothingMissed = node.anonymous(encoding);
    subscribe(nothingMissed, "delta:a", ",'recover':true,'offset':3");
    node.publish("delta:a", data("4"));
    assertThat(nothingMissed.next()).contains("\"delta\":true");
  }

  @Test
  void afterAnUnsuccessfulRecoveryTheFirstIsFull() {
    node.publish("delta:a", data("1"));
    var peer = node.anonymous(encoding);
    subscribe(peer, "delta:a", ",'recover':true,'offset':1,'epoch':'_'");
    node.publish("delta:a", data("2"));
    assertThat(peer.next()).doesNotContain("\"delta\":true");
    node.publish("delta:a", data("3"));
    assertThat(peer.next()).contains("\"delta\":true");
  }

  @Test
  void patchesComeOnlyWherePublishedForThem() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "wish:a", "")).contains("\"delta\":true");
    node.publish("wish:a", data("1"));
    node.publish("wish:a", data("2"));
    node.publish("wish:a", data("3"), options -> options.delta(true));
    assertThat(peer.next()).doesNotContain("\"delta\":true");
    assertThat(peer.next()).doesNotContain("\"delta\":true");
    assertThat(peer.next()).contains("\"delta\":true");
  }

  @Test
  void whereNotAllowedOrWithAFilterThereIsNoDelta() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "never:a", "")).doesNotContain("delta");
    assertThat(subscribe(peer, "delta:a", ",'tf':{'key':'a','cmp':'ex'}")).doesNotContain("delta");
  }

  @Test
  void subscribersWithAndWithoutDeltaShareAChannel() {
    var with = node.anonymous(encoding);
    var without = node.anonymous(encoding);
    subscribe(with, "delta:a", "");
    without.ask("{'id':2,'subscribe':{'channel':'delta:a'}}");
    node.publish("delta:a", data("1"));
    node.publish("delta:a", data("2"));
    with.next();
    assertThat(with.next()).contains("\"delta\":true");
    without.next();
    assertThat(without.next())
        .isEqualTo(
            "{\"push\":{\"channel\":\"delta:a\",\"pub\":{\"data\":%s,\"offset\":2}}}"
                .formatted(data("2")));
  }

  @Test
  void historyIsNeverPatched() {
    node.publish("delta:a", data("1"));
    node.publish("delta:a", data("2"));
    assertThat(node.anonymous(encoding).ask("{'id':3,'history':{'channel':'delta:a','limit':-1}}"))
        .contains(data("2"))
        .doesNotContain("delta\":true");
  }
}
