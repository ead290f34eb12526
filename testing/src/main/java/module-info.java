/** What tests of programs over Dunlin need, Dunlin's own among them. */
module dev.dunlin.testing {
  requires transitive dev.dunlin.channels;
  requires transitive dev.dunlin.server;
  requires transitive org.junit.jupiter.api;
  requires java.management;
  requires org.assertj.core;
  requires static org.jspecify;

  exports dev.dunlin.testing;

  provides org.junit.jupiter.api.extension.Extension with
      dev.dunlin.testing.EventLoopWatchdog;
}
