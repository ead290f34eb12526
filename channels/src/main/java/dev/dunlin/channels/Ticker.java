package dev.dunlin.channels;

/** A monotonic clock. Only differences of its readings mean something. */
@FunctionalInterface
public interface Ticker {

  /** Nanoseconds since some moment; never goes back. */
  long nanos();

  /** The clock of the machine. */
  static Ticker system() {
    return System::nanoTime;
  }
}
