/** Channels over NATS: the broker called {@code nats}. */
@NullMarked
package dev.dunlin.broker.nats;

import org.jspecify.annotations.NullMarked;
