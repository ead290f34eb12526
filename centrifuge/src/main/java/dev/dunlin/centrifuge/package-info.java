/** The Centrifuge client protocol, version 2, as an endpoint over a hub. */
@NullMarked
package dev.dunlin.centrifuge;

import org.jspecify.annotations.NullMarked;
