package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.List;

/** All cases, in order. */
final class Suite {

  private Suite() {}

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    cases.addAll(FramingCases.all());
    cases.addAll(Utf8Cases.all());
    cases.addAll(ClosingCases.all());
    cases.addAll(SizeCases.all());
    cases.addAll(DemandCases.all());
    return cases;
  }
}
