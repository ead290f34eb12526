package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Lane;
import io.netty.util.concurrent.FastThreadLocalThread;

/** A thread of an event loop. */
final class LoopThread extends FastThreadLocalThread implements Lane.LoopThread {
  LoopThread(Runnable work, String name) {
    super(work, name);
    setDaemon(false);
  }
}
