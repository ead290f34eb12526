package dev.dunlin.testing;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Publication;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Records what a broker delivers, channel by channel. Any thread. */
final class SinkRecorder implements Broker.Sink {

  private final Map<String, List<Publication>> publications = new ConcurrentHashMap<>();
  private final Map<String, List<String>> arrivals = new ConcurrentHashMap<>();
  private final List<byte[]> controls = new CopyOnWriteArrayList<>();

  /** What arrived on the channel, in order. */
  List<Publication> publications(String channel) {
    return publications.computeIfAbsent(channel, name -> new CopyOnWriteArrayList<>());
  }

  /** Who joined and left, in order: {@code +client}, {@code -client}. */
  List<String> arrivals(String channel) {
    return arrivals.computeIfAbsent(channel, name -> new CopyOnWriteArrayList<>());
  }

  List<byte[]> controls() {
    return controls;
  }

  @Override
  public void publication(Publication publication) {
    publications(publication.channel()).add(publication);
  }

  @Override
  public void join(String channel, ClientInfo info) {
    arrivals(channel).add("+" + info.client());
  }

  @Override
  public void leave(String channel, ClientInfo info) {
    arrivals(channel).add("-" + info.client());
  }

  @Override
  public void control(byte[] message) {
    controls.add(message);
  }

  @Override
  public void linkLost() {}

  @Override
  public void linkRestored() {}
}
