package dev.dunlin.channels;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.time.Duration;
import java.util.TreeSet;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Clients that enter and leave a channel at once. */
final class PresenceStress {

  private static final Duration TTL = Duration.ofMinutes(1);

  /** One for all samples; each has a channel of its own. */
  private static final MemoryPresence PRESENCE = new MemoryPresence(Ticker.system());

  private PresenceStress() {}

  private static ClientInfo client(String id) {
    return ClientInfo.of("user " + id, id);
  }

  @JCStressTest
  @Outcome(id = "[one], 1", expect = ACCEPTABLE, desc = "who stayed, and nobody else")
  @State
  public static class WhoStaysIsThere {
    private final String channel = StreamStress.channel();

    @Actor
    public void stays() {
      PRESENCE.add(channel, client("one"), TTL);
    }

    @Actor
    public void goes() {
      PRESENCE.add(channel, client("two"), TTL);
      PRESENCE.remove(channel, client("two"));
    }

    @Arbiter
    public void inTheEnd(LL_Result r) {
      r.r1 = new TreeSet<>(StreamStress.now(PRESENCE.presence(channel)).keySet()).toString();
      r.r2 = StreamStress.now(PRESENCE.stats(channel)).clients();
    }
  }

  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 0", "2, 0"},
      expect = ACCEPTABLE,
      desc = "a look sees those who are there; in the end nothing is left")
  @State
  public static class AnEmptyChannelVanishes {
    private final String channel = StreamStress.channel();

    @Actor
    public void comesAndGoes() {
      PRESENCE.add(channel, client("one"), TTL);
      PRESENCE.add(channel, client("two"), TTL);
      PRESENCE.remove(channel, client("one"));
      PRESENCE.remove(channel, client("two"));
    }

    @Actor
    public void looks(LL_Result r) {
      var stats = StreamStress.now(PRESENCE.stats(channel));
      r.r1 = stats.clients() == stats.users() ? stats.clients() : -1;
    }

    @Arbiter
    public void inTheEnd(LL_Result r) {
      r.r2 = StreamStress.now(PRESENCE.stats(channel)).clients();
    }
  }
}
