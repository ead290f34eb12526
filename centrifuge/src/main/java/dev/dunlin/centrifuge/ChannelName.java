package dev.dunlin.centrifuge;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A channel's name and what its characters say: {@code chat:lobby} is in the namespace {@code
 * chat}, {@code $chat:lobby} needs a token, {@code dialog#42,43} is for the users 42 and 43 alone.
 * The full text, prefixes included, is the channel's identity. Immutable.
 */
public final class ChannelName {

  /** Names beyond this many bytes are refused. */
  public static final int MAX_LENGTH = 255;

  private static final char PRIVATE = '$';
  private static final char NAMESPACE_END = ':';
  private static final char USERS_START = '#';
  private static final char USERS_SEPARATOR = ',';

  private final String value;

  private ChannelName(String value) {
    this.value = value;
  }

  /** The name with this text, which may break the rules: {@link #valid} tells. */
  public static ChannelName of(String value) {
    return new ChannelName(value);
  }

  /** Not empty, within the limit and of ASCII characters. */
  public boolean valid() {
    return withinLimit() && ascii();
  }

  /** Not empty and at most {@link #MAX_LENGTH} bytes of UTF-8. */
  public boolean withinLimit() {
    return !value.isEmpty()
        && value.length() <= MAX_LENGTH
        && value.getBytes(StandardCharsets.UTF_8).length <= MAX_LENGTH;
  }

  /** Whether all characters are of ASCII. */
  public boolean ascii() {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** The namespace's name; empty for a channel without one. */
  public String namespace() {
    int start = isPrivate() ? 1 : 0;
    int end = value.indexOf(NAMESPACE_END, start);
    return end < 0 ? "" : value.substring(start, end);
  }

  /** Whether the name has a namespace's part, be it an empty one. */
  boolean namesNamespace() {
    return value.indexOf(NAMESPACE_END) >= 0;
  }

  /** The name after the namespace, with the users' part. */
  public String rest() {
    int start = isPrivate() ? 1 : 0;
    return value.substring(Math.max(start, value.indexOf(NAMESPACE_END, start) + 1));
  }

  /** Whether a client needs a token for the channel, even where anybody may subscribe. */
  public boolean isPrivate() {
    return !value.isEmpty() && value.charAt(0) == PRIVATE;
  }

  /** Whether the channel is for some users alone. */
  public boolean userLimited() {
    return value.indexOf(USERS_START) >= 0;
  }

  /** The users that a user-limited channel is for; empty for any other channel. */
  public List<String> users() {
    int start = value.lastIndexOf(USERS_START);
    return start < 0
        ? List.of()
        : Arrays.stream(value.substring(start + 1).split(String.valueOf(USERS_SEPARATOR), -1))
            .toList();
  }

  /** Whether a user-limited channel names this user. An anonymous user is never named. */
  public boolean allows(String user) {
    return !user.isEmpty() && users().contains(user);
  }

  /** The personal channel of a user, in a namespace or, with an empty one, in none. */
  public static ChannelName personal(String namespace, String user) {
    return of((namespace.isEmpty() ? "" : namespace + NAMESPACE_END) + USERS_START + user);
  }

  /** The full text. */
  public String value() {
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChannelName name && name.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value;
  }
}
