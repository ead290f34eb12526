package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.NamespaceOptions.SlowSubscribers;
import dev.dunlin.centrifuge.Publications.Form;
import dev.dunlin.centrifuge.Publications.Variant;
import dev.dunlin.channels.Block;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.Recovery;
import dev.dunlin.channels.Subscriber;
import dev.dunlin.channels.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One client's subscription to one channel: what was agreed, and what happens to each publication
 * on its way to the client. Confined to the connection's lane.
 */
final class ChannelSubscription implements Subscriber {

  /** What was agreed for a subscription. */
  record Agreement(
      boolean serverSide,
      boolean positioned,
      boolean recoverable,
      boolean presence,
      boolean joinLeave,
      boolean pushJoinLeave,
      boolean delta,
      @Nullable TagsFilter filter,
      boolean compaction,
      SlowSubscribers slow,
      boolean plain) {}

  private enum State {
    /** The subscribe reply is not queued yet: publications wait. */
    ADDING,
    LIVE,
    ENDED
  }

  /** Keys of which the latest is kept for a slow client; beyond it the oldest goes. */
  private static final int MOST_KEYS = 1_000;

  /** What a publication that is held takes beside its data, about. */
  private static final int HELD_OVERHEAD = 128;

  private final ClientHandler client;
  private final String channel;
  private final Agreement agreement;
  private final @Nullable Recovery recovery;
  private final Variant full;

  /** Null without deltas. */
  private final @Nullable Variant patch;

  private State state = State.ADDING;
  private @Nullable Subscription subscription;
  private List<Publication> waiting = new ArrayList<>();
  private int waitingBytes;
  private boolean patchable;

  /**
   * Where a slow client is spared: the latest publication of each key that it has not got. Null
   * while there is none.
   */
  private @Nullable LinkedHashMap<String, Publication> latest;

  /** Why it is to end as soon as the client knows of it; null as a rule. */
  @Nullable UnsubscribeCode unwanted;

  byte[] info = {};
  long expireBy = Long.MAX_VALUE;
  boolean clientRefreshes;
  long checkAt = Long.MAX_VALUE;

  /** How long the stream is to be remembered after somebody has looked at it. */
  Duration metaTtl = Duration.ZERO;

  ChannelSubscription(
      ClientHandler client,
      String channel,
      Agreement agreement,
      @Nullable Recovery recovery,
      long number) {
    this.client = client;
    this.channel = channel;
    this.agreement = agreement;
    this.recovery = recovery;
    boolean json = client.state().json;
    var form = agreement.delta() && json ? Form.QUOTED : Form.FULL;
    this.full = Variant.of(json, form, number, agreement.plain());
    this.patch = agreement.delta() ? Variant.of(json, Form.PATCH, number, agreement.plain()) : null;
  }

  String channel() {
    return channel;
  }

  Agreement agreement() {
    return agreement;
  }

  @Nullable Recovery recovery() {
    return recovery;
  }

  /** The form in which publications go out in the subscribe reply. */
  Variant full() {
    return full;
  }

  /** The channel's number in pushes, or 0. */
  long number() {
    return full.id();
  }

  boolean live() {
    return state == State.LIVE;
  }

  boolean ended() {
    return state == State.ENDED;
  }

  void subscription(Subscription made) {
    subscription = made;
  }

  /** After a recovery the client has the publication before the next: patches may start at once. */
  void patchable() {
    patchable = true;
  }

  /** The subscribe reply is queued: what came meanwhile goes out, in order. */
  void goLive(List<Publication> caughtUp) {
    if (state != State.ADDING) {
      return;
    }
    state = State.LIVE;
    for (var publication : caughtUp) {
      send(publication);
    }
    var kept = waiting;
    waiting = List.of();
    for (var publication : kept) {
      send(publication);
    }
  }

  /** Ends it; nothing is delivered afterwards. */
  void end() {
    state = State.ENDED;
    waiting = List.of();
    latest = null;
    if (subscription != null) {
      subscription.close();
    }
  }

  @Override
  public void deliver(Publication publication) {
    if (state == State.ENDED) {
      return;
    }
    if (recovery != null) {
      switch (recovery.receive(publication)) {
        case HELD, DUPLICATE -> {
          return;
        }
        case INSUFFICIENT -> {
          client.subscriptions().insufficient(this);
          return;
        }
        case DELIVER -> {}
      }
    }
    if (state == State.LIVE) {
      send(publication);
    } else {
      hold(publication);
    }
  }

  /** As {@link Recovery} does where a position is followed, within the same bounds. */
  private void hold(Publication publication) {
    waitingBytes += HELD_OVERHEAD + publication.size();
    if (waitingBytes > Recovery.MAX_HELD_BYTES) {
      client.subscriptions().insufficient(this);
    } else {
      waiting.add(publication);
    }
  }

  @Override
  public void deliver(Block block) {
    boolean whole =
        state == State.LIVE
            && agreement.filter() == null
            && !agreement.delta()
            && !spared()
            && (recovery == null || recovery.accepts(block));
    if (whole) {
      client.publish(Publications.prepared(block, full, client.counters().encodings));
    } else {
      Subscriber.super.deliver(block);
    }
  }

  private void send(Publication publication) {
    if (state != State.LIVE) {
      return;
    }
    var filter = agreement.filter();
    if (filter != null && !filter.matches(publication.tags())) {
      return;
    }
    if (spared()) {
      spare(publication);
      return;
    }
    var variant = patch != null && patchable && publication.delta() ? patch : full;
    client.publish(Publications.prepared(publication, variant, client.counters().encodings));
    patchable = agreement.delta() && publication.offset() > 0;
  }

  /** Whether the client reads too slowly, and this channel is not to be the end of it. */
  private boolean spared() {
    return agreement.slow() != SlowSubscribers.CLOSE && (latest != null || client.congested());
  }

  private void spare(Publication publication) {
    if (recovery != null) {
      client
          .subscriptions()
          .insufficient(this); // it follows its position: it is told, comes back and recovers
      return;
    }
    switch (agreement.slow()) {
      case CLOSE, DROP -> {}
      case CONFLATE -> {
        var kept = latest;
        if (kept == null) {
          latest = kept = new LinkedHashMap<>();
          client.later(this::catchUp);
        }
        kept.remove(publication.key()); // the newest goes to the end
        kept.put(publication.key(), publication);
        if (kept.size() > MOST_KEYS) {
          kept.pollFirstEntry();
        }
      }
    }
  }

  private void catchUp() {
    var kept = latest;
    if (state != State.LIVE || kept == null) {
      return;
    }
    while (!kept.isEmpty() && !client.congested()) { // all at once might be more than the queue
      var next = kept.pollFirstEntry().getValue();
      client.publish(Publications.prepared(next, full, client.counters().encodings));
      if (state != State.LIVE) {
        return;
      }
    }
    if (kept.isEmpty()) {
      latest = null;
    } else {
      client.later(this::catchUp);
    }
  }

  @Override
  public void join(ClientInfo joined) {
    if (state == State.LIVE && agreement.pushJoinLeave()) {
      client.push(new Push.Join(name(), joined));
    }
  }

  @Override
  public void leave(ClientInfo left) {
    if (state == State.LIVE && agreement.pushJoinLeave()) {
      client.push(new Push.Leave(name(), left));
    }
  }

  private Push.Channel name() {
    return number() > 0 ? Push.Channel.numbered(number()) : Push.Channel.named(channel);
  }

  /** The link to the broker was away: the position is compared now rather than later. */
  @Override
  public void interrupted() {
    if (recovery != null && state != State.ENDED) {
      client.deadlines().checkPosition(this);
    }
  }
}
