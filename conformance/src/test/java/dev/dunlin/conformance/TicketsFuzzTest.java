package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link AccessFuzzTargets#tickets}. */
@ExtendWith(FuzzRun.class)
class TicketsFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void tickets(byte[] bytes) {
    FuzzRun.executed();
    AccessFuzzTargets.tickets(bytes);
  }
}
