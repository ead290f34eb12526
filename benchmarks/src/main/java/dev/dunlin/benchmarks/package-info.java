/** What things cost: the programs behind the figures in the documentation. */
@NullMarked
package dev.dunlin.benchmarks;

import org.jspecify.annotations.NullMarked;
