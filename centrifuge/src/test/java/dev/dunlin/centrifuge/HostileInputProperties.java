package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Broken variants of good messages end in the documented outcome. */
class HostileInputProperties {

  private static final String JSON =
      "{\"id\":2,\"subscribe\":{\"channel\":\"exp\",\"data\":{\"a\":[1,\"ж\\u0041\"]},\"flag\":1,"
          + "\"offset\":17,\"tf\":{\"op\":\"and\",\"nodes\":[{\"key\":\"a\",\"cmp\":\"gt\","
          + "\"val\":\"1\"},{\"key\":\"a\",\"cmp\":\"in\",\"vals\":[\"x\"]}]}}}\n"
          + "{\"publish\":{\"channel\":\"a\",\"data\":[-1.5e7,null,true,\"\\n\"]},\"id\":3}\n"
          + "{\"connect\":{\"token\":\"t\",\"subs\":{\"a\":{\"recover\":true}},"
          + "\"headers\":{\"x\":\"y\"}},\"id\":1}\n{}";
  private static final byte[] PROTOBUF =
      HexFormat.of()
          .parseHex(
              "120803"
                  + "3a0e0a036578701207"
                  + "7b2261223a317d"
                  + "0c08022a080a04746573747001"
                  + "00");

  @Property(tries = 3000)
  void brokenMessagesAreRefusedInOrder(@ForAll long seed) {
    var random = new Random(seed);
    FuzzTargets.json(broken(JSON.getBytes(UTF_8), random));
    FuzzTargets.protobuf(broken(PROTOBUF, random));
  }

  @Property(tries = 500)
  void anyBytesAreRefusedInOrder(@ForAll byte[] bytes) {
    FuzzTargets.json(bytes);
    FuzzTargets.protobuf(bytes);
  }

  private static byte[] broken(byte[] message, Random random) {
    byte[] copy = message.clone();
    for (int i = random.nextInt(4); i > 0; i--) {
      copy[random.nextInt(copy.length)] =
          random.nextBoolean()
              ? (byte) random.nextInt(256)
              : message[random.nextInt(message.length)];
    }
    return random.nextInt(3) == 0 ? Arrays.copyOf(copy, random.nextInt(copy.length)) : copy;
  }
}
