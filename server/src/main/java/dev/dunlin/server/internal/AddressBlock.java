package dev.dunlin.server.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Addresses that begin with the same bits, as RFC 4632 writes them: {@code 10.0.0.0/8}. */
public record AddressBlock(InetAddress network, int bits) {

  /**
   * A block or a single address.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static AddressBlock parse(String text) {
    int slash = text.indexOf('/');
    var address =
        literal(slash < 0 ? text : text.substring(0, slash))
            .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no address"));
    int longest = address.getAddress().length * 8;
    int bits = slash < 0 ? longest : bits(text.substring(slash + 1));
    if (bits < 0 || bits > longest) {
      throw new IllegalArgumentException("'" + text + "' has no length from 0 to " + longest);
    }
    return new AddressBlock(address, bits);
  }

  private static int bits(String text) {
    return text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : -1;
  }

  /** The address that a literal stands for; never a name that somebody would have to look up. */
  public static Optional<InetAddress> literal(String text) {
    if (text.length() > 45 || !(text.indexOf(':') >= 0 ? sixLike(text) : four(text))) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(text));
    } catch (UnknownHostException malformed) {
      return Optional.empty(); // with a colon in it, it is not taken for a name
    }
  }

  private static boolean sixLike(String text) {
    return text.chars()
        .allMatch(c -> c == ':' || c == '.' || Character.digit(c, 16) >= 0 && c < 128);
  }

  private static boolean four(String text) {
    var parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (var part : parts) {
      // a leading zero is octal to some
      if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return true;
  }

  /** Whether the address is one of these. */
  public boolean contains(InetAddress address) {
    var ours = network.getAddress();
    var theirs = address.getAddress();
    if (ours.length != theirs.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (ours[i] != theirs[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || (ours[whole] ^ theirs[whole]) >> (8 - rest) == 0;
  }

  @Override
  public String toString() {
    return network.getHostAddress() + "/" + bits;
  }
}
