/** The embeddable WebSocket server and client: routes, endpoints, sessions. */
@NullMarked
package dev.dunlin.server;

import org.jspecify.annotations.NullMarked;
