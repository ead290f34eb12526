package dev.dunlin.testing;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.MemoryBroker;
import dev.dunlin.channels.RoutedBroker;
import java.util.List;

/** Two brokers keep the contract as one: channels of odd and of even names lie apart. */
class RoutedBrokerContractTest extends BrokerContract {

  @Override
  protected Broker broker() {
    var even = MemoryBroker.create();
    var odd = MemoryBroker.create();
    return RoutedBroker.over(
        even, List.of(odd), channel -> channel.hashCode() % 2 == 0 ? even : odd);
  }
}
