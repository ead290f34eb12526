package dev.dunlin.conformance.scale;

import dev.dunlin.server.Handler;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** One of {@link ManyClients}: on its event loop, but for the beginning of an attempt. */
final class Guest {

  private static final Pattern EPOCH = Pattern.compile("\"epoch\":\"([^\"]*)\"");
  private static final Pattern OFFSET = Pattern.compile("\"offset\":([0-9]+)");

  private final ManyClients all;
  private final String token;
  private final String channel;
  private boolean settled;
  private boolean subscribed;
  private int attempt;
  private long begun;
  private String epoch = "";
  private long offset;

  Guest(ManyClients all, String token, String channel) {
    this.all = all;
    this.token = token;
    this.channel = channel;
  }

  void connect() {
    begun = System.nanoTime();
    all.open(this::open)
        .whenComplete((session, failure) -> {
          if (failure != null) {
            failed();
          }
        });
  }

  private void failed() {
    if (!all.again(++attempt, this::connect)) {
      settle(all.refused);
    }
  }

  private void settle(AtomicInteger outcome) {
    if (!settled) {
      settled = true;
      all.settled(outcome);
    }
  }

  private Handler open(Session session) {
    session.onClose(end -> {
      if (subscribed) {
        subscribed = false;
        all.subscribed.decrementAndGet();
        all.closed.incrementAndGet();
      }
      failed();
    });
    var from =
        epoch.isEmpty() ? "" : ",\"recover\":true,\"epoch\":\"" + epoch + "\",\"offset\":" + offset;
    say(
        session,
        "{\"id\":1,\"connect\":{\"token\":\""
            + token
            + "\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\""
            + channel
            + "\""
            + from
            + "}}");
    return message -> take(session, message);
  }

  /** What does not fit into the queue of a client that says so little ends it. */
  private static void say(Session session, String text) {
    if (!session.trySend(Text.of(text))) {
      session.close();
    }
  }

  private void take(Session session, Message message) {
    if (message instanceof Text text) {
      for (var line : text.value().split("\n", -1)) {
        if (line.equals("{}")) {
          say(session, "{}");
        } else if (line.startsWith("{\"push\"")) {
          publication(line);
          time(line);
        } else if (line.startsWith("{\"id\":1,\"connect\"")) {
          all.connected.incrementAndGet();
        } else if (line.startsWith("{\"id\":2,\"subscribe\"")) {
          subscribed(line);
        } else {
          all.refused.incrementAndGet();
          session.close();
        }
      }
    }
  }

  private void subscribed(String reply) {
    subscribed = true;
    attempt = 0;
    if (settled) {
      all.back(begun);
      recover(reply);
    } else {
      var given = EPOCH.matcher(reply);
      epoch = given.find() ? given.group(1) : "";
      offset = top(reply);
      settle(all.subscribed);
    }
  }

  /** The stream's top, which stands behind the publications: none is 0. */
  private static long top(String reply) {
    var rest = reply.substring(reply.lastIndexOf(']') + 1);
    var top = OFFSET.matcher(rest);
    return top.find() ? Long.parseLong(top.group(1)) : 0;
  }

  private void recover(String reply) {
    if (reply.contains("\"recovered\":true")) {
      all.recovered.incrementAndGet();
    }
    int from = reply.indexOf("\"publications\":[");
    if (from >= 0) {
      for (var part : reply.substring(from, reply.lastIndexOf(']')).split("\"data\":", -1)) {
        if (!part.startsWith("\"publications")) {
          publication(part);
        }
      }
    }
  }

  private void publication(String text) {
    all.received.incrementAndGet();
    if (!epoch.isEmpty()) {
      var at = OFFSET.matcher(text);
      long next = at.find() ? Long.parseLong(at.group(1)) : 0;
      if (next != offset + 1) {
        all.gaps.incrementAndGet();
      }
      offset = next;
    }
  }

  private void time(String push) {
    int at = push.indexOf("\"data\":") + 7;
    int end = at;
    while (end < push.length() && Character.isDigit(push.charAt(end))) {
      end++;
    }
    if (end > at) {
      all.delays.since(Long.parseLong(push, at, end, 10));
    }
  }
}
