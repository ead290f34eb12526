/** Channels over NATS. */
module dev.dunlin.broker.nats {
  requires transitive dev.dunlin.channels;
  requires io.nats.jnats;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.dunlin.broker.nats;

  provides dev.dunlin.channels.Broker.Provider with
      dev.dunlin.broker.nats.NatsBroker.Provider;
}
