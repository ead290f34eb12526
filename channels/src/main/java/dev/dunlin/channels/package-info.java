@NullMarked
package dev.dunlin.channels;

import org.jspecify.annotations.NullMarked;
