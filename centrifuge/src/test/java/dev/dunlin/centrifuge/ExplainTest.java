package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Capabilities;
import dev.dunlin.auth.Capabilities.Operation;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the dry run says is what a client's command meets. */
class ExplainTest {

  private static final String CAPS =
      "{\"caps\":[{\"channels\":[\"closed:vip\"],\"allow\":[\"sub\",\"pub\",\"hst\",\"prs\"]}]}";

  private final TestNode node =
      TestNode.of(endpoint ->
          endpoint.namespaces(
              new Namespaces(
                  NamespaceOptions.defaults(),
                  Map.of(
                      "closed",
                      NamespaceOptions.builder()
                          .presence(true)
                          .historySize(10)
                          .historyTtl(Duration.ofMinutes(1))
                          .build(),
                      "open",
                      TestNode.history().build(),
                      "limited",
                      NamespaceOptions.builder().allowUserLimitedChannels(true).build(),
                      "subscribers",
                      TestNode.anybody()
                          .allowPublishForClient(false)
                          .allowPublishForSubscriber(true)
                          .build()))));

  /** The hook is asked of every publication, whoever would be let in without one. */
  @ParameterizedTest
  @ValueSource(strings = {"open:a", "closed:vip", "closed:a"})
  void whereTheBackEndIsAskedItDecides(String channel) {
    var asking =
        node.endpoint.hooks(
            Hooks.NONE.onPublish(asked -> {
              throw new IllegalStateException("nobody publishes");
            }));
    assertThat(
            asking.api().explain("ann", Capabilities.of(CAPS), Operation.PUBLISH, channel, false))
        .isEqualTo(Ruling.BACK_END);
  }

  @AfterEach
  void close() {
    node.close();
  }

  @ParameterizedTest
  @CsvSource({
    "SUBSCRIBE, none:a, UNKNOWN_NAMESPACE",
    "SUBSCRIBE, $closed:a, TOKEN_NEEDED",
    "SUBSCRIBE, closed:a, NOTHING",
    "SUBSCRIBE, closed:vip, CAPABILITY",
    "SUBSCRIBE, open:a, OPTION",
    "SUBSCRIBE, limited:a#ann, NAMED_IN_CHANNEL",
    "SUBSCRIBE, limited:a#bob, NOT_NAMED_IN_CHANNEL",
    "PUBLISH, closed:a, NOTHING",
    "PUBLISH, closed:vip, CAPABILITY",
    "PUBLISH, open:a, OPTION",
    "PUBLISH, subscribers:a, NOTHING",
    "HISTORY, closed:a, NOTHING",
    "HISTORY, closed:vip, CAPABILITY",
    "HISTORY, open:a, OPTION",
    "HISTORY, subscribers:a, NOT_AVAILABLE",
    "PRESENCE, closed:vip, CAPABILITY",
    "PRESENCE, closed:a, NOTHING",
    "PRESENCE, open:a, NOT_AVAILABLE"
  })
  void theRuleThatIsNamedIsTheOneThatDecides(Operation operation, String channel, Ruling rule) {
    assertThat(node.endpoint.api().explain("ann", Capabilities.of(CAPS), operation, channel, false))
        .isEqualTo(rule);
    var peer = node.peer(Encoding.JSON);
    var claims = CAPS.replace('"', '\'').replaceFirst("\\{", "{'sub':'ann',");
    peer.ask("{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token(claims)));
    var command =
        switch (operation) {
          case SUBSCRIBE -> "{'id':2,'subscribe':{'channel':'%s'}}";
          case PUBLISH -> "{'id':2,'publish':{'channel':'%s','data':1}}";
          case HISTORY -> "{'id':2,'history':{'channel':'%s'}}";
          case PRESENCE -> "{'id':2,'presence':{'channel':'%s'}}";
        };
    var reply = peer.ask(command.formatted(channel));
    assertThat(reply.contains("\"error\""))
        .as(reply)
        .isEqualTo(rule.outcome() == Ruling.Outcome.REFUSED);
  }
}
