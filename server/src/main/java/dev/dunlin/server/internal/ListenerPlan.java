package dev.dunlin.server.internal;

import java.net.InetSocketAddress;

/** One address to listen at and what is found there. */
public record ListenerPlan(InetSocketAddress address, Router<Target> routes) {}
