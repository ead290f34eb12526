package dev.dunlin.server.netty;

/** Tells a channel that the server goes down. */
enum Draining {
  EVENT
}
