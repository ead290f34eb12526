package dev.dunlin.centrifuge;

/**
 * How much one client may ask for. 0 sets no limit, which is the default of each: services publish
 * through connections of their own, and only who runs the server knows which clients are strangers.
 *
 * @param commandsPerSecond commands of a connection a second, in the mean; beyond it error 111, and
 *     who goes on all the same is closed with 3509 as for other errors
 * @param commandBurst how many commands may come at once after a quiet time; at least the commands
 *     of a second
 * @param connectionsPerUser connections of a user to this node; beyond it 3504, which is final.
 *     Anonymous users are not counted
 * @param failedConnectsPerMinute commands with invalid tokens from one address, loopback excepted;
 *     beyond it error 111 without a look at the token
 * @param connectsPerUser new connections of a user to this node in a second, in the mean over ten;
 *     beyond it error 111. Anonymous users are not counted
 * @param user what all connections of a user to this node may ask for together; anonymous users are
 *     not counted
 * @param address what all connections of an address to this node may ask for together, loopback
 *     excepted; of IPv6 addresses the first 64 bits count
 */
public record Quotas(
    int commandsPerSecond,
    int commandBurst,
    int connectionsPerUser,
    int failedConnectsPerMinute,
    int connectsPerUser,
    Shared user,
    Shared address) {

  private static final Quotas NONE = new Quotas(0, 0, 0, 0);

  /**
   * What several connections may ask for together. 0 sets no limit. Rates are means over ten
   * seconds: after a quiet time so much may come at once.
   *
   * @param commandsPerSecond commands; beyond it error 111, and 3509 for who goes on
   * @param messagesPerSecond WebSocket messages; beyond it the connection closes with 3013
   * @param bytesPerSecond bytes of messages after inflation, at most 200,000,000; beyond it 3013
   * @param subscriptions subscriptions at a time; beyond it error 106, for server-side ones 3505
   */
  public record Shared(
      int commandsPerSecond, int messagesPerSecond, int bytesPerSecond, int subscriptions) {

    private static final int MOST_BYTES = 200_000_000;
    private static final Shared NONE = new Shared(0, 0, 0, 0);

    public Shared {
      if (commandsPerSecond < 0
          || messagesPerSecond < 0
          || bytesPerSecond < 0
          || bytesPerSecond > MOST_BYTES
          || subscriptions < 0) {
        throw new IllegalArgumentException(
            "quotas must not be negative, nor bytes a second more than " + MOST_BYTES);
      }
    }

    /** No limits. */
    public static Shared none() {
      return NONE;
    }
  }

  public Quotas {
    if (commandsPerSecond < 0
        || commandBurst < commandsPerSecond
        || connectionsPerUser < 0
        || failedConnectsPerMinute < 0
        || connectsPerUser < 0) {
      throw new IllegalArgumentException(
          "quotas must not be negative, nor a burst of "
              + commandBurst
              + " below "
              + commandsPerSecond
              + " commands a second");
    }
  }

  /** Without limits to what several connections ask for together. */
  public Quotas(
      int commandsPerSecond,
      int commandBurst,
      int connectionsPerUser,
      int failedConnectsPerMinute) {
    this(
        commandsPerSecond,
        commandBurst,
        connectionsPerUser,
        failedConnectsPerMinute,
        0,
        Shared.NONE,
        Shared.NONE);
  }

  /** No limits. */
  public static Quotas none() {
    return NONE;
  }
}
