@NullMarked
package dev.dunlin.websocket;

import org.jspecify.annotations.NullMarked;
