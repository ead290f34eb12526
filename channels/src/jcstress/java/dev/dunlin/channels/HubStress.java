package dev.dunlin.channels;

import static dev.dunlin.channels.StreamStress.HUB;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Publications on their way to subscribers that come and go. */
final class HubStress {

  private HubStress() {}

  /** A lane whose turns one actor runs. */
  private static final class Turns implements Executor {
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    void run() {
      for (var task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    }
  }

  @JCStressTest
  @Outcome(id = "12, 12", expect = ACCEPTABLE, desc = "everything once, in the stream's order")
  @State
  public static class TwoPublishAndBothSubscribersHaveIt {
    private final String channel = StreamStress.channel();
    private final Turns lane = new Turns();
    private final StreamStress.Seen onLane = new StreamStress.Seen();
    private final StreamStress.Seen atOnce = new StreamStress.Seen();

    private final Subscription first = HUB.subscribe(channel, lane, onLane);
    private final Subscription second = HUB.subscribe(channel, atOnce);

    @Actor
    public void first() {
      StreamStress.publish(channel, "x");
    }

    @Actor
    public void second() {
      StreamStress.publish(channel, "y");
    }

    @Arbiter
    public void inTheEnd(LL_Result r) {
      lane.run();
      first.close();
      second.close();
      r.r1 = onLane.toString();
      r.r2 = atOnce.toString();
    }
  }

  @JCStressTest
  @Outcome(id = "12, 0", expect = ACCEPTABLE, desc = "no turn passes anything by")
  @State
  public static class ALaneTakesItsTurnsMeanwhile {
    private final String channel = StreamStress.channel();
    private final Turns lane = new Turns();
    private final StreamStress.Seen seen = new StreamStress.Seen();
    private final Subscription subscription = HUB.subscribe(channel, lane, seen);

    @Actor
    public void publisher() {
      StreamStress.publish(channel, "x");
      StreamStress.publish(channel, "y");
    }

    @Actor
    public void turns() {
      lane.run();
      lane.run();
    }

    @Arbiter
    public void inTheEnd(LL_Result r) {
      lane.run();
      subscription.close();
      r.r1 = seen.toString();
      r.r2 = lane.tasks.size();
    }
  }

  @JCStressTest
  @Outcome(
      id = {"true, 1, 1", "true, 1, "},
      expect = ACCEPTABLE,
      desc = "who stays is in the channel, whoever goes; who goes may have got it or not")
  @State
  public static class OneGoesWhileAnotherComes {
    private final String channel = StreamStress.channel();
    private final StreamStress.Seen going = new StreamStress.Seen();
    private final StreamStress.Seen coming = new StreamStress.Seen();
    private final Subscription first = HUB.subscribe(channel, going);
    private Subscription second = first;

    @Actor
    public void goes() {
      first.close();
    }

    @Actor
    public void comes() {
      second = HUB.subscribe(channel, coming);
    }

    @Arbiter
    public void inTheEnd(LLL_Result r) {
      StreamStress.publish(channel, "x");
      r.r1 = HUB.subscribers(channel) == 1;
      second.close();
      r.r2 = coming.toString();
      r.r3 = going.toString();
    }
  }

  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "nothing is left, and nothing waits")
  @State
  public static class ChannelsThatEmptyVanish {
    private final String channel = StreamStress.channel();
    private final Turns lane = new Turns();

    private void comeAndGo() {
      HUB.subscribe(channel, lane, publication -> {}).close();
    }

    @Actor
    public void first() {
      comeAndGo();
      comeAndGo();
    }

    @Actor
    public void second() {
      comeAndGo();
      HUB.publish(channel, "x");
    }

    @Arbiter
    public void inTheEnd(LL_Result r) {
      lane.run();
      r.r1 = HUB.subscribers(channel);
      r.r2 = lane.tasks.size();
    }
  }

  @JCStressTest
  @Outcome(id = "true, 1", expect = ACCEPTABLE, desc = "made once, shared by both")
  @State
  public static class AnEncodingIsMadeOnce {
    private final AtomicInteger made = new AtomicInteger();
    private final Publication[] publication = new Publication[1];
    private Object one = "";
    private Object two = "";

    public AnEncodingIsMadeOnce() {
      var channel = StreamStress.channel();
      var subscription = HUB.subscribe(channel, delivered -> publication[0] = delivered);
      HUB.publish(channel, "x");
      subscription.close();
    }

    private Object encoding() {
      return publication[0].encoding("variant", of -> "made " + made.incrementAndGet());
    }

    @Actor
    public void first() {
      one = encoding();
    }

    @Actor
    public void second() {
      two = encoding();
    }

    @Arbiter
    public void inTheEnd(LL_Result r) {
      r.r1 = one == two;
      r.r2 = made.get();
    }
  }
}
