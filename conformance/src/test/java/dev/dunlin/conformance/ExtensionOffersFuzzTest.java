package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#extensionOffers}. */
class ExtensionOffersFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void extensionOffers(byte[] bytes) {
    FuzzTargets.extensionOffers(bytes);
  }
}
