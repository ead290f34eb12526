package dev.dunlin.centrifuge;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What holds for the channels of one namespace. The names are those of Centrifugo's options,
 * written as Java writes them: {@code history_size} is {@code historySize}. Everything is off at
 * first.
 *
 * @param presence clients are listed while they are in the channel
 * @param joinLeave joins and leaves are told
 * @param forcePushJoinLeave every subscriber is told of joins and leaves, asked for or not
 * @param historySize how many publications are kept; history needs a time to live as well
 * @param historyTtl how long a publication is kept
 * @param historyMetaTtl how long a stream's offset and epoch outlive it
 * @param forcePositioning every subscription follows its position in the stream
 * @param allowPositioning clients may ask for positioning
 * @param forceRecovery every subscription recovers what it missed
 * @param allowRecovery clients may ask for recovery
 * @param forceRecoveryMode what a recovery brings
 * @param autoCacheRecover in cache mode a new subscription gets the latest publication at once
 * @param allowedDeltaTypes patch formats that clients may ask for; there is one, {@code fossil}
 * @param deltaPublish publications are patches where subscribers agreed, asked for or not
 * @param allowTagsFilter clients may filter by tags
 * @param allowSubscribeForClient clients may subscribe without a token
 * @param allowSubscribeForAnonymous so may those without a user id
 * @param allowPublishForClient clients may publish
 * @param allowPublishForSubscriber subscribers may publish
 * @param allowPublishForAnonymous either permission holds for clients without a user id too
 * @param allowHistoryForClient clients may read the history
 * @param allowHistoryForSubscriber subscribers may read the history
 * @param allowHistoryForAnonymous either permission holds for clients without a user id too
 * @param allowPresenceForClient clients may ask who is there
 * @param allowPresenceForSubscriber subscribers may ask who is there
 * @param allowPresenceForAnonymous either permission holds for clients without a user id too
 * @param allowUserLimitedChannels names such as {@code dialog#42,43} let these users in
 * @param channelRegex what a name must contain, its namespace aside; without one, names are ASCII
 * @param publicationDataFormat what publications must be
 * @param batchMaxDelay how long publications may gather, so that they leave in fewer frames; zero
 *     sends with the next turn of the event loop. At most 1 s
 * @param slowSubscribers what happens to publications while a client reads too slowly
 * @param subscribeProxyEnabled the backend decides on subscriptions
 * @param subscribeProxyName which backend
 * @param publishProxyEnabled the backend decides on publications
 * @param publishProxyName which backend
 * @param subRefreshProxyEnabled the backend refreshes subscriptions
 * @param subRefreshProxyName which backend
 * @param stateEvents the backend hears of a channel's first subscriber on a node, and of the end of
 *     its last
 * @param signedPublications whether clients must sign what they publish
 * @param signatureRefusal what happens to a client whose publication is not signed as it should be
 * @param forbidCompression no frame that holds a publication is compressed, whatever was agreed
 */
public record NamespaceOptions(
    boolean presence,
    boolean joinLeave,
    boolean forcePushJoinLeave,
    int historySize,
    Duration historyTtl,
    Duration historyMetaTtl,
    boolean forcePositioning,
    boolean allowPositioning,
    boolean forceRecovery,
    boolean allowRecovery,
    RecoveryMode forceRecoveryMode,
    boolean autoCacheRecover,
    Set<String> allowedDeltaTypes,
    boolean deltaPublish,
    boolean allowTagsFilter,
    boolean allowSubscribeForClient,
    boolean allowSubscribeForAnonymous,
    boolean allowPublishForClient,
    boolean allowPublishForSubscriber,
    boolean allowPublishForAnonymous,
    boolean allowHistoryForClient,
    boolean allowHistoryForSubscriber,
    boolean allowHistoryForAnonymous,
    boolean allowPresenceForClient,
    boolean allowPresenceForSubscriber,
    boolean allowPresenceForAnonymous,
    boolean allowUserLimitedChannels,
    Optional<Pattern> channelRegex,
    DataFormat publicationDataFormat,
    Duration batchMaxDelay,
    SlowSubscribers slowSubscribers,
    boolean subscribeProxyEnabled,
    String subscribeProxyName,
    boolean publishProxyEnabled,
    String publishProxyName,
    boolean subRefreshProxyEnabled,
    String subRefreshProxyName,
    boolean stateEvents,
    SignedPublications signedPublications,
    SignatureRefusal signatureRefusal,
    boolean forbidCompression) {

  /** What a recovery brings. */
  public enum RecoveryMode {
    /** All that was missed. */
    STREAM,
    /** The latest publication. */
    CACHE
  }

  /**
   * What happens to publications while a client reads too slowly. Only subscriptions without a
   * position may lose any: one that follows its position ends with 2500 in place of a loss, and the
   * client recovers.
   */
  public enum SlowSubscribers {
    /** They wait, until the queue is full and the client is closed with 3008. */
    CLOSE,
    /** New ones are dropped. */
    DROP,
    /** The latest of each key waits, those before it are dropped. */
    CONFLATE
  }

  /** What publications must be. */
  public enum DataFormat {
    /** Anything that is not empty; what is not JSON does not reach JSON connections. */
    ANY,
    /** A JSON value. */
    JSON,
    /** A JSON object. */
    JSON_OBJECT,
    /** Any bytes, none at all included. */
    BINARY
  }

  /**
   * Whether clients must sign what they publish, as {@link dev.dunlin.auth.SignedMessages} does.
   * The server's own publications are not signed.
   */
  public enum SignedPublications {
    /** No: what looks like a signature is data like any other. */
    OFF,
    /** Signatures are verified on arrival; subscribers get the message without. */
    VERIFIED,
    /**
     * Signatures are verified on arrival, by the key that the token names, and subscribers get them
     * too: they verify end to end.
     */
    CARRIED
  }

  /** What happens to a client whose publication is not signed as it should be. */
  public enum SignatureRefusal {
    /** It is told the error of the fault; nothing is published. */
    ERROR,
    /** Its connection is closed as well, with 3520 and the fault as reason. */
    CLOSE
  }

  /** The name of the one patch format that there is. */
  public static final String FOSSIL = "fossil";

  private static final Duration MOST_DELAY = Duration.ofSeconds(1);

  public NamespaceOptions {
    allowedDeltaTypes = Set.copyOf(allowedDeltaTypes);
    if (historySize < 0 || historyTtl.isNegative() || historyMetaTtl.isNegative()) {
      throw new IllegalArgumentException("history options must not be negative");
    }
    if ((historySize == 0) != historyTtl.isZero()) {
      throw new IllegalArgumentException("history needs both historySize and historyTtl");
    }
    if (historySize > 0 && historyMetaTtl.compareTo(historyTtl) < 0) {
      throw new IllegalArgumentException("historyMetaTtl must not be shorter than historyTtl");
    }
    if (batchMaxDelay.isNegative() || batchMaxDelay.compareTo(MOST_DELAY) > 0) {
      throw new IllegalArgumentException(
          "batchMaxDelay " + batchMaxDelay + " is not between 0 and " + MOST_DELAY);
    }
    if ((forceRecovery || forcePositioning) && historySize == 0) {
      throw new IllegalArgumentException("positioning and recovery need history");
    }
    for (String type : allowedDeltaTypes) {
      if (!type.equals(FOSSIL)) {
        throw new IllegalArgumentException("unknown delta type: " + type);
      }
    }
  }

  /** Everything off. */
  public static NamespaceOptions defaults() {
    return builder().build();
  }

  /** Starts with everything off. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether publications are kept. */
  public boolean history() {
    return historySize > 0;
  }

  /** Starts with these options. */
  public Builder toBuilder() {
    var builder = new Builder();
    builder.presence = presence;
    builder.joinLeave = joinLeave;
    builder.forcePushJoinLeave = forcePushJoinLeave;
    builder.historySize = historySize;
    builder.historyTtl = historyTtl;
    builder.historyMetaTtl = historyMetaTtl;
    builder.forcePositioning = forcePositioning;
    builder.allowPositioning = allowPositioning;
    builder.forceRecovery = forceRecovery;
    builder.allowRecovery = allowRecovery;
    builder.forceRecoveryMode = forceRecoveryMode;
    builder.autoCacheRecover = autoCacheRecover;
    builder.allowedDeltaTypes = allowedDeltaTypes;
    builder.deltaPublish = deltaPublish;
    builder.allowTagsFilter = allowTagsFilter;
    builder.allowSubscribeForClient = allowSubscribeForClient;
    builder.allowSubscribeForAnonymous = allowSubscribeForAnonymous;
    builder.allowPublishForClient = allowPublishForClient;
    builder.allowPublishForSubscriber = allowPublishForSubscriber;
    builder.allowPublishForAnonymous = allowPublishForAnonymous;
    builder.allowHistoryForClient = allowHistoryForClient;
    builder.allowHistoryForSubscriber = allowHistoryForSubscriber;
    builder.allowHistoryForAnonymous = allowHistoryForAnonymous;
    builder.allowPresenceForClient = allowPresenceForClient;
    builder.allowPresenceForSubscriber = allowPresenceForSubscriber;
    builder.allowPresenceForAnonymous = allowPresenceForAnonymous;
    builder.allowUserLimitedChannels = allowUserLimitedChannels;
    builder.channelRegex = channelRegex;
    builder.publicationDataFormat = publicationDataFormat;
    builder.batchMaxDelay = batchMaxDelay;
    builder.slowSubscribers = slowSubscribers;
    builder.subscribeProxyEnabled = subscribeProxyEnabled;
    builder.subscribeProxyName = subscribeProxyName;
    builder.publishProxyEnabled = publishProxyEnabled;
    builder.publishProxyName = publishProxyName;
    builder.subRefreshProxyEnabled = subRefreshProxyEnabled;
    builder.subRefreshProxyName = subRefreshProxyName;
    builder.stateEvents = stateEvents;
    builder.signedPublications = signedPublications;
    builder.signatureRefusal = signatureRefusal;
    builder.forbidCompression = forbidCompression;
    return builder;
  }

  /** Options under construction. Confined to one thread. */
  public static final class Builder {

    private boolean presence;
    private boolean joinLeave;
    private boolean forcePushJoinLeave;
    private int historySize;
    private Duration historyTtl = Duration.ZERO;
    private Duration historyMetaTtl = Duration.ofDays(30);
    private boolean forcePositioning;
    private boolean allowPositioning;
    private boolean forceRecovery;
    private boolean allowRecovery;
    private RecoveryMode forceRecoveryMode = RecoveryMode.STREAM;
    private boolean autoCacheRecover;
    private Set<String> allowedDeltaTypes = Set.of();
    private boolean deltaPublish;
    private boolean allowTagsFilter;
    private boolean allowSubscribeForClient;
    private boolean allowSubscribeForAnonymous;
    private boolean allowPublishForClient;
    private boolean allowPublishForSubscriber;
    private boolean allowPublishForAnonymous;
    private boolean allowHistoryForClient;
    private boolean allowHistoryForSubscriber;
    private boolean allowHistoryForAnonymous;
    private boolean allowPresenceForClient;
    private boolean allowPresenceForSubscriber;
    private boolean allowPresenceForAnonymous;
    private boolean allowUserLimitedChannels;
    private Optional<Pattern> channelRegex = Optional.empty();
    private DataFormat publicationDataFormat = DataFormat.ANY;
    private Duration batchMaxDelay = Duration.ZERO;
    private SlowSubscribers slowSubscribers = SlowSubscribers.CLOSE;
    private boolean subscribeProxyEnabled;
    private String subscribeProxyName = "default";
    private boolean publishProxyEnabled;
    private String publishProxyName = "default";
    private boolean subRefreshProxyEnabled;
    private String subRefreshProxyName = "default";
    private boolean stateEvents;
    private SignedPublications signedPublications = SignedPublications.OFF;
    private SignatureRefusal signatureRefusal = SignatureRefusal.ERROR;
    private boolean forbidCompression;

    private Builder() {}

    /** Sets {@link NamespaceOptions#presence}. */
    public Builder presence(boolean value) {
      presence = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#joinLeave}. */
    public Builder joinLeave(boolean value) {
      joinLeave = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#forcePushJoinLeave}. */
    public Builder forcePushJoinLeave(boolean value) {
      forcePushJoinLeave = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#historySize}. */
    public Builder historySize(int value) {
      historySize = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#historyTtl}. */
    public Builder historyTtl(Duration value) {
      historyTtl = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#historyMetaTtl}. */
    public Builder historyMetaTtl(Duration value) {
      historyMetaTtl = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#forcePositioning}. */
    public Builder forcePositioning(boolean value) {
      forcePositioning = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPositioning}. */
    public Builder allowPositioning(boolean value) {
      allowPositioning = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#forceRecovery}. */
    public Builder forceRecovery(boolean value) {
      forceRecovery = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowRecovery}. */
    public Builder allowRecovery(boolean value) {
      allowRecovery = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#forceRecoveryMode}. */
    public Builder forceRecoveryMode(RecoveryMode value) {
      forceRecoveryMode = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#autoCacheRecover}. */
    public Builder autoCacheRecover(boolean value) {
      autoCacheRecover = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowedDeltaTypes}. */
    public Builder allowedDeltaTypes(Set<String> value) {
      allowedDeltaTypes = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#deltaPublish}. */
    public Builder deltaPublish(boolean value) {
      deltaPublish = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowTagsFilter}. */
    public Builder allowTagsFilter(boolean value) {
      allowTagsFilter = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowSubscribeForClient}. */
    public Builder allowSubscribeForClient(boolean value) {
      allowSubscribeForClient = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowSubscribeForAnonymous}. */
    public Builder allowSubscribeForAnonymous(boolean value) {
      allowSubscribeForAnonymous = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPublishForClient}. */
    public Builder allowPublishForClient(boolean value) {
      allowPublishForClient = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPublishForSubscriber}. */
    public Builder allowPublishForSubscriber(boolean value) {
      allowPublishForSubscriber = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPublishForAnonymous}. */
    public Builder allowPublishForAnonymous(boolean value) {
      allowPublishForAnonymous = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowHistoryForClient}. */
    public Builder allowHistoryForClient(boolean value) {
      allowHistoryForClient = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowHistoryForSubscriber}. */
    public Builder allowHistoryForSubscriber(boolean value) {
      allowHistoryForSubscriber = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowHistoryForAnonymous}. */
    public Builder allowHistoryForAnonymous(boolean value) {
      allowHistoryForAnonymous = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPresenceForClient}. */
    public Builder allowPresenceForClient(boolean value) {
      allowPresenceForClient = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPresenceForSubscriber}. */
    public Builder allowPresenceForSubscriber(boolean value) {
      allowPresenceForSubscriber = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowPresenceForAnonymous}. */
    public Builder allowPresenceForAnonymous(boolean value) {
      allowPresenceForAnonymous = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#allowUserLimitedChannels}. */
    public Builder allowUserLimitedChannels(boolean value) {
      allowUserLimitedChannels = value;
      return this;
    }

    /** What a name must contain, its namespace aside; without one, names are ASCII. */
    public Builder channelRegex(Pattern value) {
      channelRegex = Optional.of(value);
      return this;
    }

    /** Sets {@link NamespaceOptions#publicationDataFormat}. */
    public Builder publicationDataFormat(DataFormat value) {
      publicationDataFormat = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#batchMaxDelay}. */
    public Builder batchMaxDelay(Duration value) {
      batchMaxDelay = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#slowSubscribers}. */
    public Builder slowSubscribers(SlowSubscribers value) {
      slowSubscribers = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#subscribeProxyEnabled}. */
    public Builder subscribeProxyEnabled(boolean value) {
      subscribeProxyEnabled = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#subscribeProxyName}. */
    public Builder subscribeProxyName(String value) {
      subscribeProxyName = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#publishProxyEnabled}. */
    public Builder publishProxyEnabled(boolean value) {
      publishProxyEnabled = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#publishProxyName}. */
    public Builder publishProxyName(String value) {
      publishProxyName = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#subRefreshProxyEnabled}. */
    public Builder subRefreshProxyEnabled(boolean value) {
      subRefreshProxyEnabled = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#subRefreshProxyName}. */
    public Builder subRefreshProxyName(String value) {
      subRefreshProxyName = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#stateEvents}. */
    public Builder stateEvents(boolean value) {
      stateEvents = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#signedPublications}. */
    public Builder signedPublications(SignedPublications value) {
      signedPublications = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#signatureRefusal}. */
    public Builder signatureRefusal(SignatureRefusal value) {
      signatureRefusal = value;
      return this;
    }

    /** Sets {@link NamespaceOptions#forbidCompression}. */
    public Builder forbidCompression(boolean value) {
      forbidCompression = value;
      return this;
    }

    /**
     * The options.
     *
     * @throws IllegalArgumentException if they contradict each other
     */
    public NamespaceOptions build() {
      return new NamespaceOptions(
          presence,
          joinLeave,
          forcePushJoinLeave,
          historySize,
          historyTtl,
          historyMetaTtl,
          forcePositioning,
          allowPositioning,
          forceRecovery,
          allowRecovery,
          forceRecoveryMode,
          autoCacheRecover,
          allowedDeltaTypes,
          deltaPublish,
          allowTagsFilter,
          allowSubscribeForClient,
          allowSubscribeForAnonymous,
          allowPublishForClient,
          allowPublishForSubscriber,
          allowPublishForAnonymous,
          allowHistoryForClient,
          allowHistoryForSubscriber,
          allowHistoryForAnonymous,
          allowPresenceForClient,
          allowPresenceForSubscriber,
          allowPresenceForAnonymous,
          allowUserLimitedChannels,
          channelRegex,
          publicationDataFormat,
          batchMaxDelay,
          slowSubscribers,
          subscribeProxyEnabled,
          subscribeProxyName,
          publishProxyEnabled,
          publishProxyName,
          subRefreshProxyEnabled,
          subRefreshProxyName,
          stateEvents,
          signedPublications,
          signatureRefusal,
          forbidCompression);
    }
  }
}
