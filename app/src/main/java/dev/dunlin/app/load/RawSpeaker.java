package dev.dunlin.app.load;

import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.util.List;

/** Plain text messages: what comes is what was sent. */
final class RawSpeaker implements Speaker {

  private final Payloads payloads;
  private final List<Data> messages;

  private RawSpeaker(Payloads payloads, List<Data> messages) {
    this.payloads = payloads;
    this.messages = messages;
  }

  /** One for all connections: it remembers nothing. */
  static RawSpeaker of(Payloads payloads) {
    var messages = new Data[payloads.different()];
    for (int i = 0; i < messages.length; i++) {
      messages[i] = Text.of(payloads.of(i));
    }
    return new RawSpeaker(payloads, List.of(messages));
  }

  @Override
  public List<Data> opening() {
    return List.of();
  }

  @Override
  public Data publish(long number) {
    return messages.get((int) (number % messages.size()));
  }

  @Override
  public void take(Data message, Heard heard) throws LoadException {
    long number = heard.expected();
    if (message.size() != payloads.of(number).length || !payloads.begins(message.bytes(), number)) {
      throw new LoadException("message " + number + " of a connection is not what was sent");
    }
    heard.delivered();
  }
}
