/** Channels over Redis: the broker called {@code redis}. */
@NullMarked
package dev.dunlin.broker.redis;

import org.jspecify.annotations.NullMarked;
