package dev.dunlin.app;

/** What tokens of subscriptions must be, where they are not those of connections. */
record SubscriptionTokenOptions(
    @Option(
            value = "Subscription tokens have keys and rules of their own",
            fallback = "false",
            consequence = "false: those of client.token hold for them too")
        boolean enabled,
    @Inline TokenOptions tokens) {}
