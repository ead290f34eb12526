/** The transport over Netty: the only package that knows it. */
@NullMarked
package dev.dunlin.server.netty;

import org.jspecify.annotations.NullMarked;
