package dev.dunlin.app;

import dev.dunlin.centrifuge.Quotas;

/** What several connections may ask for together. Rates are means over ten seconds. */
record SharedLimits(
    @Option(
            value = "Commands a second of all its connections to one node together",
            fallback = "0",
            reloads = true,
            consequence = "beyond it error 111, then 3509 for who goes on; 0: no limit")
        int commandRateLimit,
    @Option(
            value = "Messages a second of all its connections to one node together",
            fallback = "0",
            reloads = true,
            consequence = "beyond it the connection closes with 3013; 0: no limit")
        int messageRateLimit,
    @Option(
            value = "Bytes of messages a second of all its connections to one node together",
            fallback = "0",
            reloads = true,
            bytes = true,
            consequence = "beyond it the connection closes with 3013; 0: no limit; at most 190MiB")
        long byteRateLimit,
    @Option(
            value = "The most subscriptions of all its connections to one node together",
            fallback = "0",
            reloads = true,
            consequence = "beyond it error 106, for server-side ones 3505; 0: no limit")
        int channelLimit) {

  /** As the channel protocol has it. */
  Quotas.Shared quota() {
    return new Quotas.Shared(
        commandRateLimit, messageRateLimit, Math.toIntExact(byteRateLimit), channelLimit);
  }
}
