/** What tests of programs over Dunlin need, Dunlin's own among them. */
@NullMarked
package dev.dunlin.testing;

import org.jspecify.annotations.NullMarked;
