package dev.dunlin.auth;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a token allows on which channels: the claim {@code caps}, spelled as Centrifugo spells it.
 *
 * <pre>{@code
 * "caps": [{"channels": ["news", "chat:*"], "match": "wildcard", "allow": ["sub", "pub"]}]
 * }</pre>
 *
 * <p>{@code allow} names {@code sub}, {@code pub}, {@code hst} (history) and {@code prs}
 * (presence). {@code match} is {@code exact}, also when absent, or {@code wildcard}, where {@code
 * *} stands for any run of characters, with one exception: it never reaches a private channel
 * (leading {@code $}) or a user-limited one (with {@code #}) unless the pattern itself has that
 * character. Anything else in the claim is refused as a whole, so that a grant is never wider or
 * narrower than was meant.
 *
 * <p>Capabilities only grant. The first grant in the order of the claim decides; without one the
 * next rule of the server does. Pure, immutable.
 */
public final class Capabilities {

  private static final String CLAIM = "caps";
  private static final int MAX_DEPTH = 16;

  /** What may be done with a channel. */
  public enum Operation {
    /** Receive its publications. */
    SUBSCRIBE("sub"),
    /** Publish to it. */
    PUBLISH("pub"),
    /** Read its history. */
    HISTORY("hst"),
    /** See who is there. */
    PRESENCE("prs");

    private final String id;

    Operation(String id) {
      this.id = id;
    }

    private static @Nullable Operation named(String id) {
      for (var operation : values()) {
        if (operation.id.equals(id)) {
          return operation;
        }
      }
      return null;
    }
  }

  private record Grant(List<String> channels, boolean wildcard, Set<Operation> operations) {
    @Nullable String matching(String channel) {
      for (var pattern : channels) {
        if (wildcard ? matches(pattern, channel) : pattern.equals(channel)) {
          return pattern;
        }
      }
      return null;
    }
  }

  private final List<Grant> grants;

  private Capabilities(List<Grant> grants) {
    this.grants = grants;
  }

  /** No capabilities: grants nothing. */
  public static Capabilities none() {
    return new Capabilities(List.of());
  }

  /**
   * The capabilities in these claims; none if there is no such claim.
   *
   * @param claims verified claims as JSON text
   * @throws AuthenticationException if the claim is not written as it should be
   */
  public static Capabilities of(String claims) {
    try {
      var value = Json.object(claims, MAX_DEPTH).get(CLAIM);
      return value == null ? none() : new Capabilities(grants(value));
    } catch (Json.Malformed e) {
      throw malformed();
    }
  }

  /** Whether these capabilities allow it, and by which entry. */
  public Decision explain(Operation operation, String channel) {
    for (int i = 0; i < grants.size(); i++) {
      var grant = grants.get(i);
      var pattern = grant.operations().contains(operation) ? grant.matching(channel) : null;
      if (pattern != null) {
        return Decision.allow("caps[%d] allows %s on \"%s\"".formatted(i, operation.id, pattern));
      }
    }
    return Decision.refuse(
        grants.isEmpty()
            ? "the token has no capabilities"
            : "no entry of caps allows %s on this channel".formatted(operation.id));
  }

  /** Whether these capabilities allow it. */
  public boolean allow(Operation operation, String channel) {
    return explain(operation, channel).allowed();
  }

  private static List<Grant> grants(Json value) {
    if (!(value instanceof Json.Arr(List<Json> entries))) {
      throw malformed();
    }
    var grants = new ArrayList<Grant>();
    for (var entry : entries) {
      if (!(entry instanceof Json.Obj members)
          || !Set.of("channels", "match", "allow").containsAll(members.members().keySet())) {
        throw malformed();
      }
      var operations = EnumSet.noneOf(Operation.class);
      for (var id : texts(members.get("allow"))) {
        operations.add(
            Optional.ofNullable(Operation.named(id)).orElseThrow(Capabilities::malformed));
      }
      grants.add(new Grant(texts(members.get("channels")), wildcard(members), operations));
    }
    return grants;
  }

  private static boolean wildcard(Json.Obj entry) {
    var match = entry.has("match") ? entry.text("match") : "exact";
    if ("wildcard".equals(match)) {
      return true;
    }
    if ("exact".equals(match)) {
      return false;
    }
    throw malformed();
  }

  private static List<String> texts(@Nullable Json value) {
    if (!(value instanceof Json.Arr(List<Json> values))) {
      throw malformed();
    }
    var texts = new ArrayList<String>();
    for (var each : values) {
      if (!(each instanceof Json.Str(String text))) {
        throw malformed();
      }
      texts.add(text);
    }
    return texts;
  }

  private static AuthenticationException malformed() {
    return AuthenticationException.invalid("claim caps is not understood");
  }

  /** Linear in the length of the channel for each star, whatever the pattern: no backtracking. */
  private static boolean matches(String pattern, String channel) {
    if ((channel.startsWith("$") && !pattern.startsWith("$"))
        || (channel.indexOf('#') >= 0 && pattern.indexOf('#') < 0)) {
      return false;
    }
    int p = 0;
    int star = -1;
    int resume = 0;
    for (int c = 0; c < channel.length(); ) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = c;
      } else if (p < pattern.length() && pattern.charAt(p) == channel.charAt(c)) {
        p++;
        c++;
      } else if (star >= 0) {
        p = star + 1;
        c = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
