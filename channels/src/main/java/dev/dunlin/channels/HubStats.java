package dev.dunlin.channels;

/**
 * What a {@link Hub} holds now and has counted since it began.
 *
 * @param channels channels with subscribers on this node, now
 * @param subscriptions subscriptions on this node, now
 * @param published publications asked for here, suppressed and failed ones included
 * @param received events (publications, joins, leaves) the broker brought to channels subscribed
 *     here
 * @param deliveries events handed to subscribers: one per event and subscriber
 * @param laneTasks tasks given to lanes
 * @param backlogBytes waiting for lanes, now
 * @param dropped events that a lane lost because its backlog was full or it refused its task
 * @param subscriberFailures exceptions that came out of subscribers
 */
public record HubStats(
    int channels,
    long subscriptions,
    long published,
    long received,
    long deliveries,
    long laneTasks,
    long backlogBytes,
    long dropped,
    long subscriberFailures) {}
