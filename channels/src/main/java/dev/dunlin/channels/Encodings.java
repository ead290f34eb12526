package dev.dunlin.channels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The encodings made of one thing so far: a list with one node per key, since there are four at
 * most as a rule. Empty it is one reference; found, it costs a walk and a volatile read.
 */
final class Encodings {

  private static final VarHandle HEAD;

  static {
    try {
      HEAD = MethodHandles.lookup().findVarHandle(Encodings.class, "head", Node.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Node head;

  /** The lock is the node's own: keys are encoded side by side, each of them once. */
  private static final class Node {
    final Object key;
    final @Nullable Node next;
    final ReentrantLock lock = new ReentrantLock();
    volatile @Nullable Object value;

    Node(Object key, @Nullable Node next) {
      this.key = key;
      this.next = next;
    }
  }

  /**
   * What {@code encode} makes of {@code source}, made at the first call with {@code key} and shared
   * by the rest. If it throws, the caller gets the exception and the next caller tries again.
   */
  @SuppressWarnings("unchecked") // a key stands for one type: the contract of the callers
  <S, T> T get(S source, Object key, Function<? super S, ? extends T> encode) {
    var node = node(key);
    var value = node.value;
    if (value == null) {
      node.lock.lock();
      try {
        value = node.value;
        if (value == null) {
          value = Objects.requireNonNull(encode.apply(source), "an encoding is never null");
          node.value = value;
        }
      } finally {
        node.lock.unlock();
      }
    }
    return (T) value;
  }

  private Node node(Object key) {
    while (true) {
      var first = head;
      for (var node = first; node != null; node = node.next) {
        if (node.key.equals(key)) {
          return node;
        }
      }
      var added = new Node(key, first);
      if (HEAD.compareAndSet(this, first, added)) {
        return added;
      }
    }
  }
}
