package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link AccessFuzzTargets#signedToken}. */
@ExtendWith(FuzzRun.class)
class SignedTokenFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void signedToken(byte[] bytes) {
    FuzzRun.executed();
    AccessFuzzTargets.signedToken(bytes);
  }
}
