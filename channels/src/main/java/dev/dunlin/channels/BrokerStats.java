package dev.dunlin.channels;

import java.time.Duration;

/**
 * What a {@link Hub} has counted of its {@link Broker} since it began.
 *
 * @param publishes publications it answered for
 * @param publishFailures those that failed
 * @param publishTime how long it took for all of them together
 * @param reads histories it was asked for; readers who share one count once
 * @param readFailures those that failed
 * @param readTime how long it took for all of them together
 * @param reconnects how often the link was restored
 * @param probeFailures how often a message to oneself did not come back
 */
public record BrokerStats(
    long publishes,
    long publishFailures,
    Duration publishTime,
    long reads,
    long readFailures,
    Duration readTime,
    long reconnects,
    long probeFailures) {}
