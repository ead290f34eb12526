/**
 * What tests of programs over Dunlin need, Dunlin's own among them.
 *
 * <p>{@link dev.dunlin.testing.TestClient} talks to an endpoint in memory through the real
 * protocol, with a clock that stands still and the network's faults; {@link
 * dev.dunlin.testing.TestClients} is the JUnit extension for it, and {@link
 * dev.dunlin.testing.BrokerContract} what every broker must pass. The others are for tests against
 * real brokers and programs.
 */
@NullMarked
package dev.dunlin.testing;

import org.jspecify.annotations.NullMarked;
