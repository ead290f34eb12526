package dev.dunlin.server.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the sockets of accepted connections have without being asked: a system call each less. */
class SocketOptionsTest {

  @Test
  void smallWritesDoNotWaitForAcknowledgementsOnAnyTransport() {
    for (var channel : channels()) {
      try {
        assertThat(channel.config().isTcpNoDelay()).as("%s", channel.getClass()).isTrue();
      } finally {
        channel.unsafe().closeForcibly();
      }
    }
  }

  private static List<SocketChannel> channels() {
    var channels = new ArrayList<SocketChannel>();
    channels.add(new NioSocketChannel());
    if (Epoll.isAvailable()) {
      channels.add(new EpollSocketChannel());
    }
    if (IoUring.isAvailable()) {
      channels.add(new IoUringSocketChannel());
    }
    return channels;
  }
}
