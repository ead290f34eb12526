package dev.dunlin.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Credentials.Way;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Tickets;
import dev.dunlin.centrifuge.Nodes;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.json.JsonMapper;

/**
 * One-time tickets of all nodes. A ticket lies on the node that issued it; another one asks for it,
 * and whoever asks first has it.
 */
final class NodeTickets implements Authenticator {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String TOPIC = "ticket";

  /** Strangers make up tickets: so many at a time are asked for, the others are refused. */
  private static final int ASKED_AT_ONCE = 64;

  private final Tickets tickets;
  private final Nodes nodes;
  private final Semaphore asking = new Semaphore(ASKED_AT_ONCE);

  private NodeTickets(Tickets tickets, Nodes nodes) {
    this.tickets = tickets;
    this.nodes = nodes;
  }

  /** Those of this node and of the others, to which it hands out its own. */
  static NodeTickets of(Tickets tickets, Nodes nodes) {
    nodes.onQuestion(
        TOPIC,
        ticket ->
            tickets
                .redeem(new String(ticket, UTF_8))
                .map(identity -> identity.claims().getBytes(UTF_8)));
    return new NodeTickets(tickets, nodes);
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    var shown = credentials.token(Way.TICKET);
    if (shown.isEmpty()) {
      return CompletableFuture.failedStage(
          new AuthenticationException(Reason.MISSING, "no ticket"));
    }
    var ticket = shown.get();
    var own = tickets.redeem(ticket);
    if (own.isPresent()) {
      return CompletableFuture.completedStage(own.get());
    }
    if (!Tickets.wellFormed(ticket) || !asking.tryAcquire()) {
      return invalid();
    }
    return asked(ticket)
        .whenComplete((answers, failure) -> asking.release())
        .thenCompose(answers ->
            identity(answers)
                .map(CompletableFuture::completedStage)
                .orElseGet(NodeTickets::invalid));
  }

  private CompletionStage<List<byte[]>> asked(String ticket) {
    try {
      return nodes.question(TOPIC, ticket.getBytes(UTF_8), 1);
    } catch (RuntimeException failure) {
      return CompletableFuture.failedStage(failure);
    }
  }

  private static CompletionStage<Identity> invalid() {
    return CompletableFuture.failedStage(
        new AuthenticationException(Reason.INVALID, "ticket unknown, used or over"));
  }

  private static Optional<Identity> identity(List<byte[]> answers) {
    return answers.stream()
        .findFirst()
        .map(claims ->
            new Identity(
                JSON.readTree(claims).path("sub").asString(""),
                List.of(),
                new String(claims, UTF_8)));
  }
}
