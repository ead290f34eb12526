package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/**
 * Random programs of publishing, losing, time, subscribing, reading, resuming and going away, run
 * against the real hub, broker and recovery, and against {@link StreamModel}.
 */
class StreamRecoveryProperties {

  private static final long SECOND = 1_000_000_000L;
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final Duration META_TTL = Duration.ofSeconds(25);

  enum Op {
    PUBLISH,
    LOSE,
    TURN,
    SUBSCRIBE,
    READ,
    RESUME,
    LEAVE,
    TIME,
    REMOVE,
    CHECK
  }

  record Step(Op op, int argument) {}

  @Provide
  Arbitrary<List<Step>> programs() {
    var op =
        Arbitraries.frequency(
            Tuple.of(8, Op.PUBLISH),
            Tuple.of(1, Op.LOSE),
            Tuple.of(4, Op.TURN),
            Tuple.of(4, Op.SUBSCRIBE),
            Tuple.of(4, Op.READ),
            Tuple.of(4, Op.RESUME),
            Tuple.of(2, Op.LEAVE),
            Tuple.of(2, Op.TIME),
            Tuple.of(1, Op.REMOVE),
            Tuple.of(2, Op.CHECK));
    return Combinators.combine(op, Arbitraries.integers().between(0, 15))
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(50);
  }

  @Property(tries = 10_000)
  void subscriberHasEverythingOnceAndInOrderOrIsTold(
      @ForAll("programs") List<Step> program,
      @ForAll @IntRange(min = 1, max = 6) int size,
      @ForAll @IntRange(min = 1, max = 6) int limit) {
    var world = new World(size, limit);
    program.forEach(world::step);
    world.settle();
  }

  private static final class World {

    private final ManualLane lane = new ManualLane();
    private final StreamModel model;
    private final PublishOptions options;
    private final int limit;
    private final Hub hub;
    private final List<Client> clients = List.of(new Client(), new Client());
    private long now = Long.MAX_VALUE - 20 * SECOND;
    private long elapsed;
    private int published;
    private boolean losing;

    World(int size, int limit) {
      this.limit = limit;
      this.model = new StreamModel(size, TTL.toNanos(), META_TTL.toNanos());
      this.options = PublishOptions.of(new ChannelOptions(size, TTL, META_TTL));
      var memory = MemoryBroker.builder().ticker(() -> now).build();
      this.hub = Hub.over(lossy(memory));
    }

    /** The broker, which does not deliver what is published while {@link #losing}. */
    private Broker lossy(Broker kept) {
      return intercept(
          Broker.class,
          kept,
          "start",
          arguments -> {
            var sink = (Broker.Sink) arguments[0];
            return kept.start(
                intercept(
                    Broker.Sink.class,
                    sink,
                    "publication",
                    publication -> {
                      if (!losing) {
                        sink.publication((Publication) publication[0]);
                      }
                      return null;
                    }));
          });
    }

    /** The same object but for one of its methods. */
    private static <T> T intercept(
        Class<T> type, T target, String name, Function<Object[], Object> instead) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) ->
                  method.getName().equals(name)
                      ? instead.apply(arguments)
                      : method.invoke(target, arguments)));
    }

    void step(Step step) {
      var client = clients.get(step.argument % clients.size());
      switch (step.op) {
        case PUBLISH -> publish();
        case LOSE -> {
          losing = true;
          clients.forEach(reached -> reached.disturbed = true);
          publish();
          losing = false;
        }
        case TURN -> lane.run();
        case SUBSCRIBE -> client.subscribe();
        case READ -> client.read();
        case RESUME -> client.resume();
        case LEAVE -> client.leave();
        case TIME -> {
          now += step.argument * SECOND;
          elapsed += step.argument * SECOND;
          var before = model.top().epoch();
          model.advanced(elapsed);
          if (!before.equals(model.top().epoch())) {
            clients.forEach(reached -> reached.disturbed = true);
          }
        }
        case REMOVE -> {
          answer(hub.removeHistory("stream"));
          model.removed();
        }
        case CHECK -> client.check();
      }
      var history = answer(hub.history("stream", HistoryQuery.first(HistoryQuery.ALL)));
      model.check(history);
    }

    private void publish() {
      var id = "p" + published++;
      var result = answer(hub.publish("stream", id.getBytes(UTF_8), options));
      model.published(id, result.position(), elapsed);
    }

    /** Two checks after the last publication, whoever is live has all there is. */
    void settle() {
      for (var i = 0; i < 2; i++) {
        lane.run();
        clients.forEach(Client::check);
      }
      lane.run();
      for (var client : clients) {
        if (client.live) {
          assertThat(client.position).isEqualTo(model.top());
        }
      }
      clients.forEach(Client::leave);
      lane.run();
      assertThat(hub.stats().channels()).isZero();
      assertThat(hub.stats().subscriptions()).isZero();
      assertThat(hub.stats().backlogBytes()).isZero();
      assertThat(hub.stats().subscriberFailures()).isZero();
    }

    static <T> T answer(CompletionStage<T> stage) {
      return stage.toCompletableFuture().join();
    }

    /** A client that believes what it is told, and remembers its position while it is away. */
    private final class Client {

      private StreamPosition position = StreamPosition.START;
      private boolean everLive;
      private boolean live;

      /** Whether something was lost, or the stream, since this subscription began. */
      private boolean disturbed;

      private Subscription subscription;
      private Recovery recovery;
      private History history;
      private List<Long> answered = List.of();
      private final Set<Long> heard = new HashSet<>();

      void subscribe() {
        if (subscription != null) {
          return;
        }
        disturbed = false;
        var own = everLive ? Recovery.since(position, limit) : Recovery.atTop();
        recovery = own;
        heard.clear();
        history = null;
        subscription =
            hub.subscribe(
                "stream",
                lane,
                publication -> {
                  switch (own.receive(publication)) {
                    case HELD -> heard.add(publication.offset());
                    case DELIVER -> take(publication);
                    case DUPLICATE -> {}
                    case INSUFFICIENT -> end();
                  }
                });
      }

      void read() {
        if (recovery == null || live || history != null) {
          return;
        }
        history = answer(hub.history("stream", recovery.query(META_TTL)));
        model.opened(history.position().epoch(), elapsed);
        answered = model.answered(position, limit);
      }

      void resume() {
        if (recovery == null || live || history == null) {
          return;
        }
        var own = recovery;
        var read = history;
        lane.execute(() -> {
          if (recovery == own && !live) {
            resume(own, read);
          }
        });
      }

      private void resume(Recovery own, History read) {
        var resumed = own.resume(read);
        if (resumed.insufficient()) {
          end();
          return;
        }
        live = true;
        everLive = true;
        assertThat(resumed.recovered()).isEqualTo(resumed.recovering() && complete(read));
        if (!resumed.recovered()) {
          assertThat(resumed.publications()).isEmpty();
          assertThat(resumed.position().offset()).isEqualTo(read.position().offset());
        } else {
          assertThat(resumed.position().offset()).isEqualTo(position.offset());
        }
        position = resumed.position();
        resumed.publications().forEach(this::take);
        resumed.live().forEach(this::take);
      }

      /** Whether what the model would have read, and what was heard, leave no hole. */
      private boolean complete(History read) {
        var known = new HashSet<>(heard);
        known.addAll(answered);
        return StreamModel.complete(position, read.position(), known);
      }

      private void take(Publication publication) {
        assertThat(publication.offset()).isEqualTo(position.offset() + 1);
        assertThat(position.epoch()).isIn("", publication.epoch());
        assertThat(publication.text()).isEqualTo(model.id(publication.position()));
        position = publication.position();
      }

      void check() {
        if (!live) {
          return;
        }
        var own = recovery;
        var before = own.position();
        var top =
            answer(hub.history("stream", HistoryQuery.position().opening(META_TTL))).position();
        model.opened(top.epoch(), elapsed);
        lane.execute(() -> {
          if (recovery == own && own.check(before, top) == Recovery.Verdict.INSUFFICIENT) {
            leave();
          }
        });
      }

      /** Its state is insufficient, for which there must be a reason. */
      private void end() {
        assertThat(disturbed).isTrue();
        leave();
      }

      void leave() {
        if (subscription != null) {
          subscription.close();
          subscription = null;
          recovery = null;
          live = false;
        }
      }
    }
  }
}
