package dev.dunlin.server;

import dev.dunlin.server.internal.AddressBlock;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/**
 * The proxies in front of a listener, and how each says for whom it speaks. Whoever is not listed
 * is a client, and what it says about others counts for nothing. Immutable: every setting makes a
 * new one.
 *
 * <pre>{@code
 * Listener.on(8080).behind(Proxies.at("10.0.0.0/8").forwardedFor())
 * }</pre>
 *
 * <p>The address that a session or request then has, and that limits count, is the right-most one
 * that is not a listed proxy's: what stands left of it was written by somebody nobody trusts.
 */
public final class Proxies {

  /** How proxies say for whom they speak. */
  public enum Telling {
    /** The PROXY protocol, version 1 or 2, before the first byte of TLS or HTTP. */
    PROXY_PROTOCOL,
    /** The header {@code X-Forwarded-For}. */
    X_FORWARDED_FOR,
    /** The header {@code Forwarded} (RFC 7239). */
    FORWARDED
  }

  private static final Proxies NONE = new Proxies(List.of(), List.of());

  private final List<AddressBlock> blocks;
  private final List<Telling> tellings;

  private Proxies(List<AddressBlock> blocks, List<Telling> tellings) {
    this.blocks = blocks;
    this.tellings = tellings;
  }

  /** No proxies: every address is that of the socket. */
  public static Proxies none() {
    return NONE;
  }

  /**
   * Proxies at these addresses, such as {@code 192.0.2.7}, or in these blocks, such as {@code
   * 10.0.0.0/8} or {@code fd00::/8}.
   *
   * @throws IllegalArgumentException if one is neither; names are not looked up
   */
  public static Proxies at(String... addresses) {
    return new Proxies(Stream.of(addresses).map(AddressBlock::parse).toList(), List.of());
  }

  /**
   * Proxies that begin each connection with the PROXY protocol, version 1 or 2. A connection of a
   * listed address that does not is cut; one of any other address is a client's.
   */
  public Proxies proxyProtocol() {
    return telling(Telling.PROXY_PROTOCOL);
  }

  /** Proxies that add the address of whoever connected to them to {@code X-Forwarded-For}. */
  public Proxies forwardedFor() {
    return telling(Telling.X_FORWARDED_FOR);
  }

  /** Proxies that add the address of whoever connected to them to {@code Forwarded} (RFC 7239). */
  public Proxies forwarded() {
    return telling(Telling.FORWARDED);
  }

  private Proxies telling(Telling telling) {
    if (tellings.contains(telling)) {
      return this;
    }
    var clash = telling == Telling.FORWARDED ? Telling.X_FORWARDED_FOR : Telling.FORWARDED;
    if (telling != Telling.PROXY_PROTOCOL && tellings.contains(clash)) {
      // a client could write the one that the proxy does not
      throw new IllegalArgumentException("X-Forwarded-For and Forwarded cannot both be believed");
    }
    return new Proxies(blocks, Stream.concat(tellings.stream(), Stream.of(telling)).toList());
  }

  /** Whether proxies say it in this way. */
  public boolean tells(Telling telling) {
    return tellings.contains(telling);
  }

  /** Whether this is the address of a listed proxy. */
  public boolean lists(InetAddress address) {
    for (var block : blocks) {
      if (block.contains(address)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return "Proxies" + blocks + tellings;
  }
}
