package dev.dunlin.app;

import dev.dunlin.centrifuge.Nodes;
import java.util.List;
import java.util.concurrent.CompletionException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The nodes behind a console: each answers for the connections it holds. */
final class ConsoleFleet implements ConsoleAnswers.Fleet {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String TOPIC = "console";

  private final Nodes nodes;
  private final String name;

  ConsoleFleet(Nodes nodes, String name) {
    this.nodes = nodes;
    this.name = name;
  }

  /** From now on these are the answers to the consoles of other nodes. */
  void answer(ConsoleAnswers answers) {
    nodes.onQuestion(
        TOPIC,
        question -> answers.answerNode(JSON.readTree(question)).map(JSON::writeValueAsBytes));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<JsonNode> ask(JsonNode question, int enough) {
    try {
      return nodes
          .question(TOPIC, JSON.writeValueAsBytes(question), enough)
          .toCompletableFuture()
          .join()
          .stream()
          .map(JSON::readTree)
          .toList();
    } catch (CompletionException unreachable) {
      return List.of(); // without a link to the broker a node knows of itself alone
    }
  }
}
