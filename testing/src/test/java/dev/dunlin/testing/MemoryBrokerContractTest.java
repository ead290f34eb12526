package dev.dunlin.testing;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.MemoryBroker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** The memory broker keeps the contract, by a clock that the test moves. */
class MemoryBrokerContractTest extends BrokerContract {

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5_000_000_000L);

  @Override
  protected Broker broker() {
    return MemoryBroker.builder().ticker(nanos::get).build();
  }

  @Override
  protected void elapse(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
