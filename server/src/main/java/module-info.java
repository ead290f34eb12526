/** The embeddable WebSocket server and client. */
module dev.dunlin.server {
  requires transitive dev.dunlin.websocket;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.classes.io_uring;
  requires io.netty.transport.unix.common;
  requires com.nimbusds.jose.jwt;
  requires org.slf4j;
  requires java.naming;
  requires java.net.http;
  requires static org.jspecify;

  exports dev.dunlin.auth;
  exports dev.dunlin.server;
  exports dev.dunlin.server.internal to
      dev.dunlin.testing;
}
