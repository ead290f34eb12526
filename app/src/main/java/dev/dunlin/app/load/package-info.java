/**
 * The load generator: connections in the client role of our own library, messages at a rate or as
 * fast as they come back, every payload compared. {@code dunlin bench} is its face; the comparison
 * in {@code benchmarks/} drives it through {@link dev.dunlin.app.load.Turns}.
 */
@NullMarked
package dev.dunlin.app.load;

import org.jspecify.annotations.NullMarked;
