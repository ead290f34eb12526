/** Channels over Redis. */
module dev.dunlin.broker.redis {
  requires transitive dev.dunlin.channels;
  requires lettuce.core;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.dunlin.broker.redis;

  provides dev.dunlin.channels.Broker.Provider with
      dev.dunlin.broker.redis.RedisBroker.Provider;
}
