package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.List;

/** All cases, in order. */
final class Suite {

  private Suite() {}

  /** How many messages the compression cases send in an ordinary run; 1,000 in the original. */
  static final int MESSAGES = Integer.getInteger("dunlin.conformance.messages", 20);

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    cases.addAll(FramingCases.all());
    cases.addAll(Utf8Cases.all());
    cases.addAll(ClosingCases.all());
    cases.addAll(SizeCases.all());
    cases.addAll(CompressionCases.all(MESSAGES));
    cases.addAll(DemandCases.all());
    cases.addAll(DeflateCases.all());
    return cases;
  }

  /** All cases, but of families 12 and 13 only 13.5. */
  static List<Case> withOneCompressionFamily() {
    return cases().stream()
        .filter(c ->
            !c.id().startsWith("12.") && (!c.id().startsWith("13.") || c.id().startsWith("13.5.")))
        .toList();
  }

  /** The cases that send little. */
  static List<Case> quick() {
    return cases().stream()
        .filter(
            c -> !c.id().startsWith("9.") && !c.id().startsWith("12.") && !c.id().startsWith("13."))
        .toList();
  }
}
