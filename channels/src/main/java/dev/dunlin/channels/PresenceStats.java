package dev.dunlin.channels;

/**
 * How many are present in a channel.
 *
 * @param clients connections
 * @param users distinct user ids among them; all anonymous users count as one
 */
public record PresenceStats(int clients, int users) {}
