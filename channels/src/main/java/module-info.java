/** Publish and subscribe, presence, history with recovery; the broker SPI. */
module dev.dunlin.channels {
  requires static org.jspecify;

  exports dev.dunlin.channels;
}
