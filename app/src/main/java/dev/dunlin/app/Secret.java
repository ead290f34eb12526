package dev.dunlin.app;

/** A text that no log, message or printed configuration shows. */
record Secret(String value) {

  boolean present() {
    return !value.isEmpty();
  }

  @Override
  public String toString() {
    return value.isEmpty() ? "" : "***";
  }
}
