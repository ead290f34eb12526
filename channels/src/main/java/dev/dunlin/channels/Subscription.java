package dev.dunlin.channels;

import java.util.concurrent.CompletionStage;

/** One subscriber's place in a channel, from {@link Hub#subscribe} to {@link #close}. */
public interface Subscription extends AutoCloseable {

  /** The channel. */
  String channel();

  /**
   * Completes when the broker delivers what is published from now on, from whatever node; already
   * complete if there is nothing to wait for. If it fails, nothing will be delivered: close this
   * and subscribe again.
   */
  CompletionStage<Void> active();

  /**
   * Ends it. Called on the lane, nothing is delivered afterwards; called elsewhere, a delivery that
   * has begun may still finish. Every call after the first does nothing.
   */
  @Override
  void close();
}
