package dev.dunlin.channels;

/**
 * A place in a channel's stream.
 *
 * @param offset counts publications from 1; 0 is the place before the first
 * @param epoch names one life of the stream and of the store behind it; empty means unknown
 */
public record StreamPosition(long offset, String epoch) {}
