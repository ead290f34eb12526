package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.ScriptOutputType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A script that runs on the server, known there by the digest of its text. */
enum Script {
  PUBLISH("stream", "publish", ScriptOutputType.MULTI),
  HISTORY("stream", "history", ScriptOutputType.MULTI),
  PRESENCE_ADD("presence", "presence_add", ScriptOutputType.STATUS),
  PRESENCE_REMOVE("presence", "presence_remove", ScriptOutputType.STATUS),
  PRESENCE_READ("presence", "presence_read", ScriptOutputType.MULTI),
  PRESENCE_STATS("presence", "presence_stats", ScriptOutputType.MULTI);

  private final String text;
  private final String digest;
  private final ScriptOutputType output;

  Script(String prelude, String name, ScriptOutputType output) {
    this.text = resource(prelude) + resource(name);
    this.digest = sha1(text);
    this.output = output;
  }

  String text() {
    return text;
  }

  String digest() {
    return digest;
  }

  ScriptOutputType output() {
    return output;
  }

  private static String resource(String name) {
    try (var in = Script.class.getResourceAsStream(name + ".lua")) {
      if (in == null) {
        throw new IllegalStateException("the script " + name + ".lua is missing in the jar");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What Redis calls a script by; nothing here relies on its strength. */
  private static String sha1(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
