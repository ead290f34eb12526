package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link AccessFuzzTargets#tickets}. */
class TicketsFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void tickets(byte[] bytes) {
    AccessFuzzTargets.tickets(bytes);
  }
}
