package dev.dunlin.app;

import static java.util.Objects.requireNonNullElse;

import dev.dunlin.centrifuge.Client;
import dev.dunlin.centrifuge.Clients;
import dev.dunlin.centrifuge.Disconnect;
import dev.dunlin.centrifuge.Rejection;
import dev.dunlin.centrifuge.ServerApi;
import dev.dunlin.centrifuge.UnsubscribeCode;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Publication;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the console can ask for and have done. For any thread; answers may wait for the broker. */
final class ConsoleAnswers {

  private static final int PAGE = 200;
  private static final int REACH = 1_000; // rows: nodes answer in one message
  private static final int HISTORY = 50;
  private static final int PRESENT = 200;
  private static final int SHOWN_CHARACTERS = 4_096;
  private static final int TIMEOUT_SECONDS = 5;
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration MAX_LIFETIME = Duration.ofDays(7);

  /** The answer is no, and why; shown to whoever asked. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message, null, false, false);
    }
  }

  /** A part of a list and how long all of it is. */
  record Part(int total, int offset, List<?> items) {}

  record ChannelRow(String name, int subscribers) {}

  record ClientRow(
      String id,
      String user,
      String sdk,
      String protocol,
      String address,
      int channels,
      long queued,
      String node) {}

  /** The nodes as the console sees them. */
  interface Fleet {

    /** What this node is called. */
    String name();

    /** The answers of other nodes to a question, until there are enough or none is to come. */
    List<JsonNode> ask(JsonNode question, int enough);
  }

  private final Fleet fleet;
  private final ServerApi api;
  private final Clients clients;
  private final Supplier<List<Map<String, Object>>> nodes;
  private final Supplier<List<ConsoleSettings.Setting>> settings;
  private final Optional<TokenMaker> tokens;
  private final ConsoleClients where;

  /**
   * Answers about this node.
   *
   * @param fleet asks the other nodes
   * @param nodes what is known of the nodes, this one first
   * @param tokens makes the playground's tokens; empty where it makes none
   * @param where where clients connect
   */
  ConsoleAnswers(
      Fleet fleet,
      ServerApi api,
      Clients clients,
      Supplier<List<Map<String, Object>>> nodes,
      Supplier<List<ConsoleSettings.Setting>> settings,
      Optional<TokenMaker> tokens,
      ConsoleClients where) {
    this.fleet = fleet;
    this.api = api;
    this.clients = clients;
    this.nodes = nodes;
    this.settings = settings;
    this.tokens = tokens;
    this.where = where;
  }

  /** What a page needs to begin. */
  Map<String, Object> welcome() {
    return Map.of(
        "version", VersionCommand.version(),
        "node", nodes.get().stream().findFirst().orElse(Map.of()),
        "tokens", tokens.isPresent(),
        "clientPath", Dunlin.CLIENTS,
        "clientPort", where.port(),
        "clientSecure", where.secure(),
        "remembered", ConsoleSampler.REMEMBERED);
  }

  /**
   * The answer to a question.
   *
   * @throws Refused if there is none
   */
  Object answer(JsonNode question) {
    return switch (text(question, "ask")) {
      case "channels" -> channels(question);
      case "channel" -> channel(text(question, "channel"));
      case "publish" -> publish(question);
      case "connections" -> connections(question);
      case "connection", "disconnect", "unsubscribe" -> one(question);
      case "nodes" -> nodes.get();
      case "configuration" -> settings.get();
      case "token" -> token(question);
      default -> throw new Refused("The console does not know this question.");
    };
  }

  private static String text(JsonNode question, String name) {
    return question.path(name).asString("");
  }

  // ---- channels

  private Part channels(JsonNode question) {
    var search = text(question, "search").toLowerCase(Locale.ROOT);
    var rows = new ArrayList<ChannelRow>();
    api.channels("")
        .forEach((name, subscribers) -> {
          if (name.toLowerCase(Locale.ROOT).contains(search)) {
            rows.add(new ChannelRow(name, subscribers));
          }
        });
    var byName = Comparator.comparing(ChannelRow::name);
    rows.sort(
        text(question, "order").equals("subscribers")
            ? Comparator.comparingInt(ChannelRow::subscribers).reversed().thenComparing(byName)
            : byName);
    return part(rows, question);
  }

  private static Part part(List<?> all, JsonNode question) {
    int from = Math.clamp(question.path("offset").asInt(0), 0, all.size());
    int to = Math.min(all.size(), from + Math.clamp(question.path("limit").asInt(PAGE), 1, PAGE));
    return new Part(all.size(), from, all.subList(from, to));
  }

  /** What is known of one channel; where its rules keep something from it, the reason. */
  private Map<String, Object> channel(String channel) {
    var answer = new LinkedHashMap<String, Object>();
    answer.put("channel", channel);
    answer.put("subscribers", api.channels("").getOrDefault(channel, 0));
    try {
      var history = await(api.history(channel, HistoryQuery.last(HISTORY)));
      answer.put("offset", history.position().offset());
      answer.put("epoch", history.position().epoch());
      answer.put(
          "history", history.publications().stream().map(ConsoleAnswers::publication).toList());
    } catch (Refused none) {
      answer.put("noHistory", String.valueOf(none.getMessage()));
    }
    try {
      var present = await(api.presence(channel));
      answer.put("present", present.size());
      answer.put(
          "presence",
          present.values().stream()
              .sorted(Comparator.comparing(ClientInfo::user).thenComparing(ClientInfo::client))
              .limit(PRESENT)
              .map(ConsoleAnswers::member)
              .toList());
    } catch (Refused none) {
      answer.put("noPresence", String.valueOf(none.getMessage()));
    }
    return answer;
  }

  private static Map<String, Object> member(ClientInfo info) {
    return Map.of("user", info.user(), "client", info.client(), "info", shown(info.connInfo()));
  }

  private static Map<String, Object> publication(Publication publication) {
    return Map.of(
        "offset", publication.offset(),
        "time", publication.time(),
        "size", publication.size(),
        "data", shown(publication.data()),
        "user", publication.info().map(ClientInfo::user).orElse(""),
        "tags", publication.tags());
  }

  /** The beginning of a payload as text. */
  private static String shown(ByteBuffer data) {
    var text = StandardCharsets.UTF_8.decode(data.duplicate()).toString();
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…";
  }

  private Map<String, Object> publish(JsonNode question) {
    var data = text(question, "data").getBytes(StandardCharsets.UTF_8);
    if (!Json.valid(data)) {
      throw new Refused("The data is not JSON.");
    }
    // on one line, as JSON that travels between other JSON must be
    var compact = question.path("data").asString("").lines().map(String::strip).toList();
    var result =
        await(
            api.publish(
                text(question, "channel"),
                String.join(" ", compact).getBytes(StandardCharsets.UTF_8),
                options -> options));
    return Map.of("offset", result.position().offset(), "epoch", result.position().epoch());
  }

  // ---- connections

  /** Those of all nodes: each other one is asked for as many rows as the part reaches to. */
  private Part connections(JsonNode question) {
    var order = order(question);
    var found = new ArrayList<>(rows(question));
    int total = found.size();
    for (var answer : fleet.ask(question, Integer.MAX_VALUE)) {
      total += answer.path("total").asInt(0);
      for (var row : answer.path("items")) {
        found.add(JSON.treeToValue(row, ClientRow.class));
      }
    }
    found.sort(order);
    int from = Math.clamp(question.path("offset").asInt(0), 0, Math.min(total, REACH));
    int to = Math.min(found.size(), from + limit(question));
    return new Part(total, from, found.subList(Math.min(from, to), to));
  }

  private static int limit(JsonNode question) {
    return Math.clamp(question.path("limit").asInt(PAGE), 1, PAGE);
  }

  private List<ClientRow> rows(JsonNode question) {
    var search = text(question, "search").toLowerCase(Locale.ROOT);
    var found = new ArrayList<ClientRow>();
    for (var client : clients.all()) {
      if (client.user().toLowerCase(Locale.ROOT).contains(search)
          || client.id().startsWith(search)) {
        found.add(row(client));
      }
    }
    return found;
  }

  private static Comparator<ClientRow> order(JsonNode question) {
    return text(question, "order").equals("queued")
        ? Comparator.comparingLong(ClientRow::queued)
            .reversed()
            .thenComparing(ClientRow::user)
            .thenComparing(ClientRow::id)
        : Comparator.comparing(ClientRow::user).thenComparing(ClientRow::id);
  }

  /**
   * What this node answers to the console of another one; empty if it is about somebody who is not
   * here.
   */
  Optional<Object> answerNode(JsonNode question) {
    switch (text(question, "ask")) {
      case "connections" -> {
        var rows = rows(question);
        int total = rows.size();
        rows.sort(order(question));
        int reach = Math.clamp(question.path("offset").asInt(0), 0, REACH) + limit(question);
        return Optional.of(new Part(total, 0, rows.subList(0, Math.min(total, reach))));
      }
      case "connection", "disconnect", "unsubscribe" -> {
        return clients.client(text(question, "client")).map(here -> ofClient(question));
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  /** About one connection: done here, or by the node that has it. */
  private Object one(JsonNode question) {
    return clients.client(text(question, "client")).isPresent()
        ? ofClient(question)
        : fleet.ask(question, 1).stream()
            .findFirst()
            .<Object>map(answer -> answer)
            .orElseThrow(ConsoleAnswers::ended);
  }

  private Object ofClient(JsonNode question) {
    return switch (text(question, "ask")) {
      case "disconnect" -> disconnect(question);
      case "unsubscribe" -> unsubscribe(question);
      default -> connection(text(question, "client"));
    };
  }

  private ClientRow row(Client client) {
    return new ClientRow(
        client.id(),
        client.user(),
        (client.name() + " " + client.version()).strip(),
        client.protocol(),
        client.remoteAddress() instanceof InetSocketAddress address
            ? address.getAddress().getHostAddress() + ":" + address.getPort()
            : "",
        client.channels().size(),
        client.queuedBytes(),
        fleet.name());
  }

  private Map<String, Object> connection(String id) {
    var client = client(id);
    return Map.of(
        "client", row(client),
        "channels", client.channels().stream().sorted().limit(PAGE).toList(),
        "expiresAt", client.expiresAt().map(Instant::toEpochMilli).orElse(0L));
  }

  private Client client(String id) {
    return clients.client(id).orElseThrow(ConsoleAnswers::ended);
  }

  private static Refused ended() {
    return new Refused("This connection has ended.");
  }

  private Map<String, Object> disconnect(JsonNode question) {
    client(text(question, "client"))
        .disconnect(
            question.path("reconnect").asBoolean(false)
                ? Disconnect.FORCE_RECONNECT
                : Disconnect.FORCE_DISCONNECT);
    return Map.of();
  }

  private Map<String, Object> unsubscribe(JsonNode question) {
    var unused =
        await(
            client(text(question, "client"))
                .unsubscribe(text(question, "channel"), UnsubscribeCode.SERVER)
                .thenApply(done -> true));
    return Map.of();
  }

  // ---- playground

  private Map<String, Object> token(JsonNode question) {
    var maker =
        tokens.orElseThrow(() -> new Refused("This server makes tokens in development only."));
    var info = text(question, "info").strip();
    if (!info.isEmpty() && !Json.valid(info.getBytes(StandardCharsets.UTF_8))) {
      throw new Refused("The info is not JSON.");
    }
    var lifetime =
        Duration.ofSeconds(
            Math.clamp(question.path("lifetime").asLong(3600), 1, MAX_LIFETIME.toSeconds()));
    try {
      var more = TokenMaker.claims(text(question, "claims"));
      var user = text(question, "user");
      return Map.of(
          "token", maker.token(user, Optional.empty(), lifetime, Instant.now(), info, more));
    } catch (IllegalArgumentException wrong) {
      throw new Refused("The claims are " + wrong.getMessage() + ".");
    }
  }

  /** Waits for the broker, in words for people if it fails. */
  private static <T> T await(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    try {
      return future.copy().orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException failure) {
      var cause = requireNonNullElse(failure.getCause(), failure);
      if (cause instanceof Rejection refused) {
        throw new Refused(
            refused
                .error()
                .map(error -> error.message() + " (error " + error.code() + ")")
                .orElse("refused"));
      }
      throw new Refused("The broker did not answer: " + cause.getClass().getSimpleName());
    }
  }
}
