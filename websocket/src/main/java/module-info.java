/** RFC 6455 and RFC 7692 as a state machine: bytes in, messages out. */
module dev.dunlin.websocket {
  requires static org.jspecify;

  exports dev.dunlin.websocket;
}
