package dev.dunlin.channels;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The members of a group: an array that grows at the end and is swept when half of it is empty, so
 * that joining and leaving cost the same whatever the number.
 *
 * <p>Changed under the topic's lock. A reader takes array and size under the lock and walks without
 * it: slots beyond its size are not its concern, and a slot emptied meanwhile is a member that
 * left.
 */
final class Members {

  private @Nullable Member[] slots = new @Nullable Member[1];
  private int used;
  private int empty;

  @Nullable Member[] slots() {
    return slots;
  }

  int used() {
    return used;
  }

  int size() {
    return used - empty;
  }

  void add(Member member) {
    if (used == slots.length) {
      slots = Arrays.copyOf(slots, Math.max(4, used * 2));
    }
    member.slot = used;
    slots[used++] = member;
  }

  void remove(Member member) {
    slots[member.slot] = null;
    empty++;
    if (empty > 8 && empty > used / 2) {
      sweep();
    }
  }

  /** Into a new array: walks of the old one may be under way. */
  private void sweep() {
    var kept = new @Nullable Member[Math.max(4, size())];
    var size = 0;
    for (var i = 0; i < used; i++) {
      var member = slots[i];
      if (member != null) {
        member.slot = size;
        kept[size++] = member;
      }
    }
    slots = kept;
    used = size;
    empty = 0;
  }
}
