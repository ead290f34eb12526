/**
 * The program: the command line over everything else. {@link dev.dunlin.app.Main} is the way in;
 * every command is a class of its own, named after it.
 */
@NullMarked
package dev.dunlin.app;

import org.jspecify.annotations.NullMarked;
