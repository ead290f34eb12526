package dev.dunlin.app;

import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.NamespaceOptions.DataFormat;
import dev.dunlin.centrifuge.NamespaceOptions.RecoveryMode;
import dev.dunlin.centrifuge.NamespaceOptions.SignatureRefusal;
import dev.dunlin.centrifuge.NamespaceOptions.SignedPublications;
import dev.dunlin.centrifuge.NamespaceOptions.SlowSubscribers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What the configuration says about the channels of one namespace. */
record ChannelRules(
    @Option(value = "Clients are listed while they are in the channel", fallback = "false")
        boolean presence,
    @Option(value = "Joins and leaves are told to subscribers who ask", fallback = "false")
        boolean joinLeave,
    @Option(value = "Joins and leaves are told to every subscriber", fallback = "false")
        boolean forcePushJoinLeave,
    @Option(
            value = "How many publications are kept",
            fallback = "0",
            consequence = "history needs history_ttl as well; 0: none")
        int historySize,
    @Option(
            value = "How long a publication is kept",
            fallback = "0",
            consequence = "history needs history_size as well")
        Duration historyTtl,
    @Option(
            value = "How long offset and epoch of a stream outlive it",
            fallback = "30d",
            consequence = "must not be shorter than history_ttl")
        Duration historyMetaTtl,
    @Option(
            value = "Every subscription follows its position in the stream",
            fallback = "false",
            consequence = "a gap ends it, and the client recovers")
        boolean forcePositioning,
    @Option(value = "Clients may ask for positioning", fallback = "false") boolean allowPositioning,
    @Option(
            value = "Every subscription recovers what it missed",
            fallback = "false",
            consequence = "needs history")
        boolean forceRecovery,
    @Option(
            value = "Clients may ask for recovery",
            fallback = "false",
            consequence = "needs history")
        boolean allowRecovery,
    @Option(
            value =
                "What a recovery brings: stream (all that was missed) or cache (the latest"
                    + " publication)",
            fallback = "stream")
        RecoveryMode forceRecoveryMode,
    @Option(
            value = "In cache mode a new subscription gets the latest publication at once",
            fallback = "false")
        boolean autoCacheRecover,
    @Option(value = "Patch formats that clients may ask for: fossil")
        List<String> allowedDeltaTypes,
    @Option(
            value = "Publications travel as patches to clients that agreed",
            fallback = "false",
            consequence = "costs CPU for each publication")
        boolean deltaPublish,
    @Option(value = "Clients may filter publications by tags", fallback = "false")
        boolean allowTagsFilter,
    @Option(value = "Clients may subscribe without a subscription token", fallback = "false")
        boolean allowSubscribeForClient,
    @Option(value = "So may clients without a user id", fallback = "false")
        boolean allowSubscribeForAnonymous,
    @Option(value = "Clients may publish", fallback = "false") boolean allowPublishForClient,
    @Option(value = "Subscribers may publish", fallback = "false")
        boolean allowPublishForSubscriber,
    @Option(value = "Either permission holds for clients without a user id too", fallback = "false")
        boolean allowPublishForAnonymous,
    @Option(value = "Clients may read the history", fallback = "false")
        boolean allowHistoryForClient,
    @Option(value = "Subscribers may read the history", fallback = "false")
        boolean allowHistoryForSubscriber,
    @Option(value = "Either permission holds for clients without a user id too", fallback = "false")
        boolean allowHistoryForAnonymous,
    @Option(value = "Clients may ask who is there", fallback = "false")
        boolean allowPresenceForClient,
    @Option(value = "Subscribers may ask who is there", fallback = "false")
        boolean allowPresenceForSubscriber,
    @Option(value = "Either permission holds for clients without a user id too", fallback = "false")
        boolean allowPresenceForAnonymous,
    @Option(value = "Names such as dialog#42,43 let these users in", fallback = "false")
        boolean allowUserLimitedChannels,
    @Option(
            value = "What a name must contain after its namespace, a regular expression",
            consequence = "unset: names are ASCII")
        String channelRegex,
    @Option(
            value = "What publications must be: any, json, json_object or binary",
            fallback = "any",
            consequence = "others get error 107")
        DataFormat publicationDataFormat,
    @Option(
            value = "How long publications may gather, to leave in fewer frames",
            fallback = "0",
            consequence = "at most 1s; 0: they leave with the next turn of the event loop")
        Duration batchMaxDelay,
    @Option(
            value = "What happens while a client reads too slowly: close, drop or conflate",
            fallback = "close",
            consequence =
                "close: 3008, and it recovers; drop: it gets no new ones; conflate: the latest of"
                    + " each key; where positions are followed drop and conflate end with 2500")
        SlowSubscribers slowSubscribers,
    @Option(value = "The back end decides on subscriptions", fallback = "false")
        boolean subscribeProxyEnabled,
    @Option(
            value = "Which back end of proxies; default is channel.proxy.subscribe",
            fallback = "default")
        String subscribeProxyName,
    @Option(value = "The back end decides on publications", fallback = "false")
        boolean publishProxyEnabled,
    @Option(
            value = "Which back end of proxies; default is channel.proxy.publish",
            fallback = "default")
        String publishProxyName,
    @Option(value = "The back end refreshes subscriptions", fallback = "false")
        boolean subRefreshProxyEnabled,
    @Option(
            value = "Which back end of proxies; default is channel.proxy.sub_refresh",
            fallback = "default")
        String subRefreshProxyName,
    @Option(
            value =
                "The back end hears of a channel's first subscriber on a node and of the end of"
                    + " its last",
            fallback = "false",
            consequence = "needs events.endpoint")
        boolean stateEvents,
    @Option(
            value =
                "Whether clients must sign what they publish: off, verified (subscribers get it"
                    + " without the signature) or carried (with it, to verify end to end)",
            fallback = "off",
            consequence =
                "verified: by the key of the token (cnf) or client.signing_secret; carried: by the"
                    + " key of the token only")
        SignedPublications signedPublications,
    @Option(
            value = "What a wrong signature leads to: error or close",
            fallback = "error",
            consequence = "error: 320 to 328 by fault; close: 3520, for good")
        SignatureRefusal signatureRefusal,
    @Option(
            value = "No frame with a publication of these channels is compressed",
            fallback = "false",
            consequence = "lengths tell nothing about secrets beside what others can insert")
        boolean forbidCompression,
    @Option(
            value = "Which of brokers carries these channels",
            consequence = "unset: broker; changes with a restart only")
        String brokerName) {

  /**
   * The same as the protocol reads it.
   *
   * @throws IllegalArgumentException if the options contradict each other
   */
  NamespaceOptions options() {
    var options =
        NamespaceOptions.builder()
            .presence(presence)
            .joinLeave(joinLeave)
            .forcePushJoinLeave(forcePushJoinLeave)
            .historySize(historySize)
            .historyTtl(historyTtl)
            .historyMetaTtl(historyMetaTtl)
            .forcePositioning(forcePositioning)
            .allowPositioning(allowPositioning)
            .forceRecovery(forceRecovery)
            .allowRecovery(allowRecovery)
            .forceRecoveryMode(forceRecoveryMode)
            .autoCacheRecover(autoCacheRecover)
            .allowedDeltaTypes(Set.copyOf(allowedDeltaTypes))
            .deltaPublish(deltaPublish)
            .allowTagsFilter(allowTagsFilter)
            .allowSubscribeForClient(allowSubscribeForClient)
            .allowSubscribeForAnonymous(allowSubscribeForAnonymous)
            .allowPublishForClient(allowPublishForClient)
            .allowPublishForSubscriber(allowPublishForSubscriber)
            .allowPublishForAnonymous(allowPublishForAnonymous)
            .allowHistoryForClient(allowHistoryForClient)
            .allowHistoryForSubscriber(allowHistoryForSubscriber)
            .allowHistoryForAnonymous(allowHistoryForAnonymous)
            .allowPresenceForClient(allowPresenceForClient)
            .allowPresenceForSubscriber(allowPresenceForSubscriber)
            .allowPresenceForAnonymous(allowPresenceForAnonymous)
            .allowUserLimitedChannels(allowUserLimitedChannels)
            .publicationDataFormat(publicationDataFormat)
            .batchMaxDelay(batchMaxDelay)
            .slowSubscribers(slowSubscribers)
            .subscribeProxyEnabled(subscribeProxyEnabled)
            .subscribeProxyName(subscribeProxyName)
            .publishProxyEnabled(publishProxyEnabled)
            .publishProxyName(publishProxyName)
            .subRefreshProxyEnabled(subRefreshProxyEnabled)
            .subRefreshProxyName(subRefreshProxyName)
            .stateEvents(stateEvents)
            .signedPublications(signedPublications)
            .signatureRefusal(signatureRefusal)
            .forbidCompression(forbidCompression);
    if (!channelRegex.isEmpty()) {
      options.channelRegex(Pattern.compile(channelRegex));
    }
    return options.build();
  }
}
