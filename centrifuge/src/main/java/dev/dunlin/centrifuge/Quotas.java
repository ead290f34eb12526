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
 * @param failedConnectsPerMinute connect commands with invalid tokens from one address, loopback
 *     excepted; beyond it error 111 without a look at the token
 */
public record Quotas(
    int commandsPerSecond, int commandBurst, int connectionsPerUser, int failedConnectsPerMinute) {

  private static final Quotas NONE = new Quotas(0, 0, 0, 0);

  public Quotas {
    if (commandsPerSecond < 0
        || commandBurst < commandsPerSecond
        || connectionsPerUser < 0
        || failedConnectsPerMinute < 0) {
      throw new IllegalArgumentException(
          "quotas must not be negative, nor a burst of "
              + commandBurst
              + " below "
              + commandsPerSecond
              + " commands a second");
    }
  }

  /** No limits. */
  public static Quotas none() {
    return NONE;
  }
}
