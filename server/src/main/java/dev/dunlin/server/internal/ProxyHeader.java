package dev.dunlin.server.internal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a connection as the PROXY protocol has them, version 1 (a line) or 2 (binary).
 * Pure: looks at the bytes so far and keeps nothing.
 */
public sealed interface ProxyHeader {

  /** Not all of it has arrived. */
  record NeedMore() implements ProxyHeader {}

  /** It is not such a header, or not one that is understood. */
  record Malformed(String why) implements ProxyHeader {}

  /**
   * The whole of it.
   *
   * @param bytes its length: what follows is the client's
   * @param client who connected to the proxy; empty where the proxy speaks for itself, as in its
   *     health checks
   */
  record Complete(int bytes, Optional<InetSocketAddress> client) implements ProxyHeader {}

  /** Of version 1, with CR LF (section 2.1). */
  int MAX_LINE = 107;

  /** Of version 2 with what it carries beside the addresses; proxies write a few dozen bytes. */
  int MAX_BINARY = 2048;

  /** Reads from the buffer's position, which stays where it is. */
  static ProxyHeader read(ByteBuffer in) {
    int size = in.remaining();
    if (size == 0) {
      return new NeedMore();
    }
    return in.get(in.position()) == Version2.SIGNATURE[0] ? Version2.read(in) : Version1.read(in);
  }

  /** {@code PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n}. */
  final class Version1 {
    private static final byte[] BEGIN = "PROXY ".getBytes(StandardCharsets.US_ASCII);

    private Version1() {}

    static ProxyHeader read(ByteBuffer in) {
      int size = Math.min(in.remaining(), MAX_LINE);
      for (int i = 0; i < size; i++) {
        byte b = in.get(in.position() + i);
        if (i < BEGIN.length && b != BEGIN[i]) {
          return new Malformed("the connection does not begin with a PROXY header");
        }
        if (b == '\n') {
          return line(in, i + 1);
        }
      }
      return size < MAX_LINE ? new NeedMore() : new Malformed("a PROXY line has no end");
    }

    private static ProxyHeader line(ByteBuffer in, int length) {
      var bytes = new byte[length];
      in.get(in.position(), bytes);
      var text = new String(bytes, StandardCharsets.ISO_8859_1);
      if (!text.endsWith("\r\n")) {
        return new Malformed("a PROXY line ends without CR");
      }
      var words = text.substring(0, length - 2).split(" ", -1);
      if (words.length >= 2 && words[1].equals("UNKNOWN")) {
        return new Complete(length, Optional.empty());
      }
      if (words.length != 6 || !(words[1].equals("TCP4") || words[1].equals("TCP6"))) {
        return new Malformed("a PROXY line has other words");
      }
      int bytesEach = words[1].equals("TCP4") ? 4 : 16;
      var source = AddressBlock.literal(words[2]);
      int port = port(words[4]);
      if (source.isEmpty()
          || AddressBlock.literal(words[3]).isEmpty()
          || port < 0
          || port(words[5]) < 0
          || (bytesEach == 4) != (words[2].indexOf(':') < 0)) {
        return new Malformed("a PROXY line has an address that is none");
      }
      return new Complete(length, Optional.of(new InetSocketAddress(source.get(), port)));
    }

    private static int port(String text) {
      if (!text.matches("0|[1-9][0-9]{0,4}")) {
        return -1;
      }
      int port = Integer.parseInt(text);
      return port > 65_535 ? -1 : port;
    }
  }

  /** A signature, version and command, family, length, addresses, and more that is passed over. */
  final class Version2 {
    private static final byte[] SIGNATURE = {
      0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
    };
    private static final int FIXED = 16;

    private Version2() {}

    static ProxyHeader read(ByteBuffer in) {
      int at = in.position();
      int size = in.remaining();
      for (int i = 0; i < Math.min(size, SIGNATURE.length); i++) {
        if (in.get(at + i) != SIGNATURE[i]) {
          return new Malformed("the connection does not begin with a PROXY header");
        }
      }
      if (size < FIXED) {
        return new NeedMore();
      }
      int command = in.get(at + 12) & 0xff;
      int family = in.get(at + 13) & 0xff;
      int length = (in.get(at + 14) & 0xff) << 8 | in.get(at + 15) & 0xff;
      if (command != 0x20 && command != 0x21) {
        return new Malformed("a PROXY header of another version or command");
      }
      if (FIXED + length > MAX_BINARY) {
        return new Malformed("a PROXY header is over " + MAX_BINARY + " bytes");
      }
      if (size < FIXED + length) {
        return new NeedMore();
      }
      int bytesEach = addressBytes(family);
      if (command == 0x20 || bytesEach == 0) {
        return new Complete(FIXED + length, Optional.empty()); // LOCAL, or not over IP
      }
      if (length < 2 * bytesEach + 4) {
        return new Malformed("a PROXY header is too short for its addresses");
      }
      var source = new byte[bytesEach];
      in.get(at + FIXED, source);
      int port = in.getShort(at + FIXED + 2 * bytesEach) & 0xffff;
      var address = address(source);
      return address == null
          ? new Malformed("a PROXY header has an address that is none")
          : new Complete(FIXED + length, Optional.of(new InetSocketAddress(address, port)));
    }

    /** TCP over IPv4 or IPv6; anything else says nothing about a TCP client. */
    private static int addressBytes(int family) {
      return switch (family) {
        case 0x11 -> 4;
        case 0x21 -> 16;
        default -> 0;
      };
    }

    private static @Nullable InetAddress address(byte[] bytes) {
      try {
        return InetAddress.getByAddress(bytes);
      } catch (UnknownHostException wrongLength) {
        return null;
      }
    }
  }
}
