package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Stream;

/** Families 12 and 13: permessage-deflate by payload and by parameter (RFC 7692). */
final class CompressionCases {

  private static final int[] SIZES = {
    16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 8192, 16_384, 32_768, 65_536,
    131_072, 131_072, 131_072, 131_072
  };
  private static final int[] FRAGMENTS = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 256, 256, 256, 256, 256, 1024, 4096, 32_768
  };

  private static final String CLIENT = "client_no_context_takeover; client_max_window_bits";
  private static final String DEFLATE = "permessage-deflate; ";

  private CompressionCases() {}

  /**
   * The cases.
   *
   * @param messages how many messages each of them sends, one after another
   */
  static List<Case> all(int messages) {
    var cases = new ArrayList<Case>();
    int family = 1;
    for (var corpus :
        List.of(
            Corpus.json(),
            Corpus.bitmap(),
            Corpus.prose(),
            Corpus.html(),
            Corpus.incompressible())) {
      add(cases, "12." + family++, corpus, DEFLATE + "client_max_window_bits", messages);
    }
    var both = "server_no_context_takeover; server_max_window_bits=";
    var nine = DEFLATE + both + "9; " + CLIENT;
    var reset = DEFLATE + "server_no_context_takeover; " + CLIENT;
    var plain = DEFLATE + CLIENT;
    var offers =
        List.of(
            plain,
            reset,
            DEFLATE + "server_max_window_bits=9; " + CLIENT,
            DEFLATE + "server_max_window_bits=15; " + CLIENT,
            nine,
            DEFLATE + both + "15; " + CLIENT,
            nine + ", " + reset + ", " + plain);
    var json = Corpus.json();
    for (int i = 0; i < offers.size(); i++) {
      add(cases, "13." + (i + 1), json, offers.get(i), messages);
    }
    return cases;
  }

  private static void add(
      List<Case> cases, String family, Corpus corpus, String offer, int messages) {
    for (int i = 0; i < SIZES.length; i++) {
      int size = SIZES[i];
      int fragment = FRAGMENTS[i];
      cases.add(
          new Case(
              family + "." + (i + 1),
              corpus.name()
                  + ", messages of "
                  + size
                  + (fragment == 0 ? "" : " in frames of " + fragment),
              "RFC 7692, 7",
              Optional.of(offer),
              agreed -> () -> new Messages(agreed, corpus, size, fragment, messages),
              Ending.clean(1000)));
    }
  }

  /** Makes the steps while they are played: with many messages they would not fit in memory. */
  private static final class Messages implements Iterator<Step> {
    private final WindowDeflater deflater;
    private final Corpus corpus;
    private final int size;
    private final int fragment;
    private final int messages;
    private int message;
    private Iterator<Step> steps = List.<Step>of().iterator();

    Messages(Agreed agreed, Corpus corpus, int size, int fragment, int messages) {
      this.deflater = new WindowDeflater(agreed);
      this.corpus = corpus;
      this.size = size;
      this.fragment = fragment;
      this.messages = messages;
    }

    @Override
    public boolean hasNext() {
      return steps.hasNext() || message <= messages;
    }

    @Override
    public Step next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      if (!steps.hasNext()) {
        steps = message == messages ? end() : trip();
        message++;
      }
      return steps.next();
    }

    private Iterator<Step> trip() {
      var plain = corpus.window((long) message * size, size);
      var frame =
          Frame.of(corpus.text() ? Frame.TEXT : Frame.BINARY, deflater.message(plain)).rsv(4);
      var bytes = Frame.join(SizeCases.fragments(frame, fragment).toArray(Frame[]::new));
      return Stream.<Step>of(
              new Step.Send(bytes, 0),
              new Step.Expect(List.of(new Event.Message(corpus.text(), plain))))
          .iterator();
    }

    private Iterator<Step> end() {
      deflater.close();
      return Arrays.<Step>asList(new Step.Send(Frame.close(1000).bytes(), 0)).iterator();
    }
  }
}
