package dev.dunlin.server;

/** How the operating system is asked for network input and output. */
public enum Transport {
  /** epoll where its native library is available, otherwise NIO. The default. */
  AUTO,
  /** Linux epoll, with direct writes. */
  EPOLL,
  /** Linux io_uring; many containers forbid it. */
  IO_URING,
  /** The JDK's own, everywhere. */
  NIO
}
