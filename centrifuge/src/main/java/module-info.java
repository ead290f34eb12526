/** The Centrifuge client protocol, as an endpoint over a hub. */
module dev.dunlin.centrifuge {
  requires transitive dev.dunlin.server;
  requires transitive dev.dunlin.channels;
  requires com.google.protobuf;
  requires tools.jackson.core;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.dunlin.centrifuge;
}
