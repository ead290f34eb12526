package dev.dunlin.centrifuge;

import java.time.Duration;

/**
 * The numbers of the channel protocol: every one with its default and what happens beyond it.
 *
 * @param ping time between the server's pings; told to clients in whole seconds. Default 25 s.
 *     Never zero: the Java SDK reconnects for ever without pings
 * @param pong how long a client may take to answer; then it is closed with 3012. Default 8 s
 * @param stale how long a client may take to connect; then it is closed with 3502. Default 10 s
 * @param expiryGrace how long after its end a connection or subscription may be refreshed. Default
 *     25 s
 * @param channelLimit channels per connection; beyond it error 106, for server-side ones 3505.
 *     Default 128
 * @param recoveryLimit publications per history call or recovery; a larger gap is answered {@code
 *     recovered: false}. Default 300
 * @param presenceRefresh how often presence is renewed. Default 25 s
 * @param presenceTtl how long presence lasts unless renewed. Default 60 s
 * @param positionCheck how often the position of a subscription is compared with the stream.
 *     Default 5 s: two looks find a lost publication within 10 s
 * @param errorLimit error replies per connection and minute; beyond it the connection is closed
 *     with 3509. Default 100
 * @param serverTime whether the connect reply carries the time
 * @param compaction whether pushes carry numbers instead of channel names where clients agree
 */
public record ProtocolOptions(
    Duration ping,
    Duration pong,
    Duration stale,
    Duration expiryGrace,
    int channelLimit,
    int recoveryLimit,
    Duration presenceRefresh,
    Duration presenceTtl,
    Duration positionCheck,
    int errorLimit,
    boolean serverTime,
    boolean compaction) {

  private static final ProtocolOptions DEFAULTS =
      new ProtocolOptions(
          Duration.ofSeconds(25),
          Duration.ofSeconds(8),
          Duration.ofSeconds(10),
          Duration.ofSeconds(25),
          128,
          300,
          Duration.ofSeconds(25),
          Duration.ofSeconds(60),
          Duration.ofSeconds(5),
          100,
          false,
          true);

  public ProtocolOptions {
    if (ping.toSeconds() < 1) {
      throw new IllegalArgumentException(
          "a ping interval of " + ping + " is below 1 s: SDKs depend on pings");
    }
    if (pong.compareTo(ping) >= 0) {
      throw new IllegalArgumentException("pong time " + pong + " is not below ping " + ping);
    }
    if (!presenceRefresh.isPositive() || !positionCheck.isPositive()) {
      throw new IllegalArgumentException(
          "presence is refreshed every "
              + presenceRefresh
              + " and positions are compared every "
              + positionCheck
              + ": both must be above 0");
    }
  }

  /** The defaults, as listed above. */
  public static ProtocolOptions defaults() {
    return DEFAULTS;
  }

  /** The same with other times for pings and pongs. */
  public ProtocolOptions withPing(Duration ping, Duration pong) {
    var changed = new Draft(this);
    changed.ping = ping;
    changed.pong = pong;
    return changed.options();
  }

  /** The same with another time to connect in. */
  public ProtocolOptions withStale(Duration stale) {
    var changed = new Draft(this);
    changed.stale = stale;
    return changed.options();
  }

  /** The same with another grace after the end of a token. */
  public ProtocolOptions withExpiryGrace(Duration grace) {
    var changed = new Draft(this);
    changed.expiryGrace = grace;
    return changed.options();
  }

  /** The same with other limits on channels per connection and publications per recovery. */
  public ProtocolOptions withLimits(int channelLimit, int recoveryLimit) {
    var changed = new Draft(this);
    changed.channelLimit = channelLimit;
    changed.recoveryLimit = recoveryLimit;
    return changed.options();
  }

  /** The same with other times for presence. */
  public ProtocolOptions withPresence(Duration refresh, Duration ttl) {
    var changed = new Draft(this);
    changed.presenceRefresh = refresh;
    changed.presenceTtl = ttl;
    return changed.options();
  }

  /** The same with another interval of position checks. */
  public ProtocolOptions withPositionCheck(Duration interval) {
    var changed = new Draft(this);
    changed.positionCheck = interval;
    return changed.options();
  }

  /** The same with the server's time in connect replies or not, and channel numbers or not. */
  public ProtocolOptions withWire(boolean serverTime, boolean compaction) {
    var changed = new Draft(this);
    changed.serverTime = serverTime;
    changed.compaction = compaction;
    return changed.options();
  }

  /** Options under construction. */
  private static final class Draft {
    private Duration ping;
    private Duration pong;
    private Duration stale;
    private Duration expiryGrace;
    private int channelLimit;
    private int recoveryLimit;
    private Duration presenceRefresh;
    private Duration presenceTtl;
    private Duration positionCheck;
    private int errorLimit;
    private boolean serverTime;
    private boolean compaction;

    Draft(ProtocolOptions from) {
      ping = from.ping;
      pong = from.pong;
      stale = from.stale;
      expiryGrace = from.expiryGrace;
      channelLimit = from.channelLimit;
      recoveryLimit = from.recoveryLimit;
      presenceRefresh = from.presenceRefresh;
      presenceTtl = from.presenceTtl;
      positionCheck = from.positionCheck;
      errorLimit = from.errorLimit;
      serverTime = from.serverTime;
      compaction = from.compaction;
    }

    ProtocolOptions options() {
      return new ProtocolOptions(
          ping,
          pong,
          stale,
          expiryGrace,
          channelLimit,
          recoveryLimit,
          presenceRefresh,
          presenceTtl,
          positionCheck,
          errorLimit,
          serverTime,
          compaction);
    }
  }
}
