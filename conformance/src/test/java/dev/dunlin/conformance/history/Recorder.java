package dev.dunlin.conformance.history;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;

/** Writes a history down, from many threads, in the order of its stamps. */
final class Recorder {

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Observation> history = new ArrayList<>();

  /** Stamps an observation and keeps it. */
  void record(LongFunction<Observation> observation) {
    lock.lock();
    try {
      history.add(observation.apply(System.nanoTime()));
    } finally {
      lock.unlock();
    }
  }

  List<Observation> history() {
    lock.lock();
    try {
      return List.copyOf(history);
    } finally {
      lock.unlock();
    }
  }
}
