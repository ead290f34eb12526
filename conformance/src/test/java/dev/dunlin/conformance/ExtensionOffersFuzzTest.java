package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#extensionOffers}. */
@ExtendWith(FuzzRun.class)
class ExtensionOffersFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void extensionOffers(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.extensionOffers(bytes);
  }
}
