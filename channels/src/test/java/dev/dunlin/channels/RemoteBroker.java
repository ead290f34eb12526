package dev.dunlin.channels;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A broker whose answers come when the test gives them. One thread. */
final class RemoteBroker implements Broker {

  final List<String> calls = new ArrayList<>();
  final ArrayDeque<CompletableFuture<Void>> pending = new ArrayDeque<>();
  final ArrayDeque<CompletableFuture<History>> reads = new ArrayDeque<>();
  CompletionStage<Void> started = CompletableFuture.completedStage(null);
  Sink sink;

  @Override
  public CompletionStage<Void> start(Sink sink) {
    this.sink = sink;
    return started;
  }

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    sink.publication(Publication.of(channel, data).options(options).build());
    return CompletableFuture.completedStage(PublishResult.at(StreamPosition.START));
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    sink.join(channel, info);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    sink.leave(channel, info);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    sink.control(message);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<Void> subscribe(String channel) {
    calls.add("+" + channel);
    pending.add(new CompletableFuture<>());
    return pending.getLast();
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    calls.add("-" + channel);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    reads.add(new CompletableFuture<>());
    return reads.getLast();
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public PresenceStore presence() {
    throw new UnsupportedOperationException("this broker is for what concerns channels");
  }

  @Override
  public void close() {}
}
