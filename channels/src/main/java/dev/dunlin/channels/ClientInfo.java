package dev.dunlin.channels;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Who a client is, as the subscribers of a channel see it: in presence, join and leave, and beside
 * what the client publishes.
 *
 * <p>Immutable; the byte arrays handed in are owned from then on and must not change. The two byte
 * fields are opaque here; empty means absent.
 */
public final class ClientInfo {

  private static final byte[] NONE = {};

  private final String user;
  private final String client;
  private final byte[] connInfo;
  private final byte[] chanInfo;

  private ClientInfo(String user, String client, byte[] connInfo, byte[] chanInfo) {
    this.user = user;
    this.client = client;
    this.connInfo = connInfo;
    this.chanInfo = chanInfo;
  }

  /** Connection {@code client} of {@code user}; an anonymous user is the empty string. */
  public static ClientInfo of(String user, String client) {
    return new ClientInfo(user, client, NONE, NONE);
  }

  /** The same with information that belongs to the connection. */
  public ClientInfo withConnInfo(byte[] connInfo) {
    return new ClientInfo(user, client, connInfo, chanInfo);
  }

  /** The same with information that belongs to the subscription. */
  public ClientInfo withChanInfo(byte[] chanInfo) {
    return new ClientInfo(user, client, connInfo, chanInfo);
  }

  /** The user's id; empty for an anonymous user. */
  public String user() {
    return user;
  }

  /** The id of the connection, unique for its life. */
  public String client() {
    return client;
  }

  /** What is known of the connection, read-only; empty if nothing. */
  public ByteBuffer connInfo() {
    return ByteBuffer.wrap(connInfo).asReadOnlyBuffer();
  }

  /** What is known of the subscription, read-only; empty if nothing. */
  public ByteBuffer chanInfo() {
    return ByteBuffer.wrap(chanInfo).asReadOnlyBuffer();
  }

  /** The bytes this holds beside its two ids. */
  int size() {
    return user.length() + client.length() + connInfo.length + chanInfo.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClientInfo info
        && user.equals(info.user)
        && client.equals(info.client)
        && Arrays.equals(connInfo, info.connInfo)
        && Arrays.equals(chanInfo, info.chanInfo);
  }

  @Override
  public int hashCode() {
    return 31 * user.hashCode() + client.hashCode();
  }

  /** The two ids only: what a connection knows about itself may be private. */
  @Override
  public String toString() {
    return "ClientInfo[user=" + user + ", client=" + client + "]";
  }
}
