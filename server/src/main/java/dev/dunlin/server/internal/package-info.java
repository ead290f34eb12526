/**
 * The life of a session over any transport: routing, the mailbox and outbox of a session, the
 * outgoing buffer and the timers of an event loop. For this library's own modules only.
 */
@NullMarked
package dev.dunlin.server.internal;

import org.jspecify.annotations.NullMarked;
