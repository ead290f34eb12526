/** Publish and subscribe, presence, history with recovery; the broker SPI. */
module dev.dunlin.channels {
  requires static org.jspecify;

  exports dev.dunlin.channels;

  uses dev.dunlin.channels.Broker.Provider;

  provides dev.dunlin.channels.Broker.Provider with
      dev.dunlin.channels.MemoryBroker.Provider;
}
