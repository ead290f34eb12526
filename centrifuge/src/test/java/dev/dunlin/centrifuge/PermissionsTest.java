package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The nine options allow_(publish|history|presence)_for_(client|subscriber|anonymous). */
class PermissionsTest {

  /** A namespace for each combination: c, s and a where the permission is given. */
  private static final List<String> NAMESPACES =
      List.of("none", "xc", "xs", "xa", "xca", "xsa", "xcs", "xcsa");

  private static NamespaceOptions options(String name) {
    boolean client = name.substring(1).contains("c");
    boolean subscriber = name.substring(1).contains("s");
    boolean anonymous = name.substring(1).contains("a");
    return TestNode.history()
        .presence(true)
        .allowPublishForClient(client)
        .allowPublishForSubscriber(subscriber)
        .allowPublishForAnonymous(anonymous)
        .allowHistoryForClient(client)
        .allowHistoryForSubscriber(subscriber)
        .allowHistoryForAnonymous(anonymous)
        .allowPresenceForClient(client)
        .allowPresenceForSubscriber(subscriber)
        .allowPresenceForAnonymous(anonymous)
        .build();
  }

  @ParameterizedTest
  @CsvSource({"publish, ',\"data\":1'", "history, ''", "presence, ''", "presence_stats, ''"})
  void isForWhomTheOptionsName(String command, String more) {
    Map<String, NamespaceOptions> namespaces = new HashMap<>();
    NAMESPACES.forEach(name -> namespaces.put(name, options(name)));
    try (var node = TestNode.open(namespaces)) {
      var user = node.user(Encoding.JSON, "ann");
      var subscriber = node.user(Encoding.JSON, "bob");
      var anonymous = node.anonymous(Encoding.JSON);
      var anonymousSubscriber = node.anonymous(Encoding.JSON);
      for (var name : NAMESPACES) {
        var channel = name + ":a";
        for (var peer : List.of(subscriber, anonymousSubscriber)) {
          peer.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel));
        }
        var ask = "{'id':3,'%s':{'channel':'%s'%s}}".formatted(command, channel, more);
        boolean c = name.substring(1).contains("c");
        boolean s = name.substring(1).contains("s");
        boolean a = name.substring(1).contains("a");
        check(user, ask, c, channel);
        check(subscriber, ask, c || s, channel);
        check(anonymous, ask, c && a, channel);
        check(anonymousSubscriber, ask, (c || s) && a, channel);
        for (var peer : List.of(subscriber, anonymousSubscriber)) {
          peer.ask("{'id':4,'unsubscribe':{'channel':'%s'}}".formatted(channel));
        }
      }
    }
  }

  private static void check(Peer peer, String command, boolean allowed, String where) {
    var answer = peer.ask(command);
    while (!answer.startsWith("{\"id\":3")) {
      answer = peer.next(); // publications and other answers
    }
    if (allowed) {
      assertThat(answer).as(where).doesNotContain("error");
    } else {
      assertThat(answer).as(where).isEqualTo(Expected.error(3, ErrorCode.PERMISSION_DENIED));
    }
  }
}
