package dev.dunlin.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What the compression cases send: five kinds of data as the standard suite's files, made here from
 * fixed seeds instead of copied.
 *
 * @param text whether it is sent as text
 * @param characters the file twice, if it is text: windows wrap around
 * @param octets the file twice, if it is not
 */
record Corpus(String name, boolean text, String characters, byte[] octets) {

  private static final String[] WORDS = {
    "und", "der", "die", "Strandl\u00e4ufer", "Watt", "Schwarm", "Fr\u00fchling", "fliegt",
        "\u00fcber", "See",
    "Nachricht", "gegen", "Wind", "sammeln", "am", "Ufer", "wenden", "pl\u00f6tzlich", "alle",
        "zugleich"
  };

  static Corpus json() {
    var random = new SplittableRandom(121);
    var out = new StringBuilder("[");
    for (int i = 0; out.length() < 194_000; i++) {
      out.append(
          "{\"id\":%d,\"name\":\"station-%d\",\"lat\":%.5f,\"lon\":%.5f,\"tags\":[\"%s\",\"%s\"],\"on\":%b},\n"
              .formatted(
                  i,
                  random.nextInt(500),
                  random.nextDouble() * 90,
                  random.nextDouble() * 180,
                  word(random).replaceAll("[^a-zA-Z]", "e"),
                  word(random).replaceAll("[^a-zA-Z]", "e"),
                  random.nextBoolean()));
    }
    return text("JSON", out.append("{}]").toString());
  }

  static Corpus bitmap() {
    var random = new SplittableRandom(122);
    var out = new ByteArrayOutputStream();
    for (int y = 0; y < 296; y++) {
      for (int x = 0; x < 296; x++) {
        int noise = x > 200 ? random.nextInt(4) : 0;
        out.write(x + noise);
        out.write((x * x + y * y) >> 9);
        out.write(y < 100 ? 0xff : y + noise);
      }
    }
    return binary("bitmap", out.toByteArray());
  }

  static Corpus prose() {
    return binary("prose", sentences(123, 222_000).getBytes(StandardCharsets.UTF_8));
  }

  static Corpus html() {
    var random = new SplittableRandom(124);
    var out = new StringBuilder("<!doctype html><html><body>\n");
    while (out.length() < 264_000) {
      out.append("<p class=\"c").append(random.nextInt(9)).append("\">");
      for (int i = 0; i < 20; i++) {
        out.append((char) (0x4e00 + random.nextInt(3000)));
      }
      out.append("<a href=\"/wiki/").append(random.nextInt(1000)).append("\">");
      out.append(word(random)).append(" \u20ac ").append(word(random)).append("</a></p>\n");
    }
    return text("HTML", out.toString());
  }

  static Corpus incompressible() {
    var random = new SplittableRandom(125);
    var out = new ByteArrayOutputStream();
    while (out.size() < 1_040_000) {
      out.writeBytes(
          "\n%d 0 obj\n<< /Filter /FlateDecode /Length 9000 >>\nstream\n"
              .formatted(out.size())
              .getBytes(StandardCharsets.US_ASCII));
      var stream = new byte[9000];
      random.nextBytes(stream);
      out.writeBytes(stream);
    }
    return binary("documents", out.toByteArray());
  }

  private static String sentences(long seed, int size) {
    var random = new SplittableRandom(seed);
    var out = new StringBuilder();
    while (out.length() < size) {
      for (int i = 4 + random.nextInt(12); i > 0; i--) {
        out.append(word(random)).append(i == 1 ? ".\n" : " ");
      }
    }
    return out.toString();
  }

  private static String word(SplittableRandom random) {
    return WORDS[random.nextInt(WORDS.length)];
  }

  private static Corpus text(String name, String characters) {
    return new Corpus(name, true, characters + characters, new byte[0]);
  }

  private static Corpus binary(String name, byte[] octets) {
    var twice = Arrays.copyOf(octets, octets.length * 2);
    System.arraycopy(octets, 0, twice, octets.length, octets.length);
    return new Corpus(name, false, "", twice);
  }

  /** The next message: {@code size} characters or octets from {@code from} on, wrapping around. */
  byte[] window(long from, int size) {
    int first = (int) (from % ((text ? characters.length() : octets.length) / 2));
    return text
        ? characters.substring(first, first + size).getBytes(StandardCharsets.UTF_8)
        : Arrays.copyOfRange(octets, first, first + size);
  }
}
