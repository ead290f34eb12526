package dev.dunlin.centrifuge;

import dev.dunlin.channels.StreamPosition;
import java.time.Instant;
import java.util.Optional;

/**
 * What a token, a hook or the application says about one subscription.
 *
 * @param info what other clients see in presence, join and leave; JSON for JSON clients; empty for
 *     none
 * @param data handed to the client with the subscription; empty for none
 * @param expiresAt when the subscription ends unless it is refreshed
 * @param override which of the namespace's options are replaced
 * @param recoverSince for a subscription that the application adds: where to recover from
 */
public record SubscribeOptions(
    byte[] info,
    byte[] data,
    Optional<Instant> expiresAt,
    Override override,
    Optional<StreamPosition> recoverSince) {

  /** The namespace's options as they are, without an end. */
  public static final SubscribeOptions NONE =
      new SubscribeOptions(
          new byte[0], new byte[0], Optional.empty(), Override.NONE, Optional.empty());

  /**
   * Options that replace the namespace's for one subscription; absent ones stay.
   *
   * @param presence whether the client appears in presence
   * @param joinLeave whether its coming and going is told
   * @param forcePushJoinLeave whether it is told of others' without having asked
   * @param forcePositioning whether its position is watched
   * @param forceRecovery whether it recovers
   */
  public record Override(
      Optional<Boolean> presence,
      Optional<Boolean> joinLeave,
      Optional<Boolean> forcePushJoinLeave,
      Optional<Boolean> forcePositioning,
      Optional<Boolean> forceRecovery) {

    /** Nothing is replaced. */
    public static final Override NONE =
        new Override(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
  }

  /** The same with another {@link #info()}. */
  public SubscribeOptions withInfo(byte[] bytes) {
    return new SubscribeOptions(bytes, data, expiresAt, override, recoverSince);
  }

  /** The same with other {@link #data()}. */
  public SubscribeOptions withData(byte[] bytes) {
    return new SubscribeOptions(info, bytes, expiresAt, override, recoverSince);
  }

  /** The same with another end. */
  public SubscribeOptions withExpiresAt(Instant end) {
    return new SubscribeOptions(info, data, Optional.of(end), override, recoverSince);
  }

  /** The same with other overrides. */
  public SubscribeOptions withOverride(Override other) {
    return new SubscribeOptions(info, data, expiresAt, other, recoverSince);
  }

  /** The same, recovering from a position. */
  public SubscribeOptions withRecoverSince(StreamPosition position) {
    return new SubscribeOptions(info, data, expiresAt, override, Optional.of(position));
  }
}
