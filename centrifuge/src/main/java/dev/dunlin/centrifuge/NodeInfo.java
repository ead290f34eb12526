package dev.dunlin.centrifuge;

import java.time.Duration;
import java.util.Map;

/**
 * What is known of a node: what it said about itself a moment ago.
 *
 * @param uid its id, new with every start
 * @param name what people call it
 * @param version of its program
 * @param uptime since it joined the others
 * @param clients how many are connected to it
 * @param users how many distinct ones among them
 * @param channels how many have subscribers there
 * @param subscriptions how many there are there
 * @param facts what else it tells people, by name
 */
public record NodeInfo(
    String uid,
    String name,
    String version,
    Duration uptime,
    int clients,
    int users,
    int channels,
    long subscriptions,
    Map<String, String> facts) {}
