package dev.dunlin.channels;

/** What travels to the subscribers of a channel, in one order for all of them. */
sealed interface Event permits Publication, Event.Join, Event.Leave, Event.Interruption {

  /** A client has subscribed. */
  record Join(ClientInfo info) implements Event {}

  /** A client is gone. */
  record Leave(ClientInfo info) implements Event {}

  /** Publications may have been missed before this point. */
  record Interruption() implements Event {}

  /** About what this holds in memory while it waits, in bytes. */
  default int weight() {
    return switch (this) {
      case Publication publication -> publication.footprint();
      case Join(var info) -> 64 + info.size();
      case Leave(var info) -> 64 + info.size();
      case Interruption() -> 16;
    };
  }
}
