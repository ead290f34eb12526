/** Programs over Dunlin, compiled and run by the tests; the documentation quotes them. */
@NullMarked
package dev.dunlin.examples;

import org.jspecify.annotations.NullMarked;
