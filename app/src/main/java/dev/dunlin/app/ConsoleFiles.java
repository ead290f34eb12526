package dev.dunlin.app;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** The files of the console: its own and those of its libraries, read once from the class path. */
final class ConsoleFiles {

  private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9-]*(\\.[a-z]+)+");

  /** What is served of libraries, and nothing else: the folder in the library by path. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "lib/lit-html/lit-html.js", "",
          "lib/lit-html/directive.js", "",
          "lib/lit-html/directive-helpers.js", "",
          "lib/lit-html/directives/repeat.js", "",
          "lib/lit-html/directives/live.js", "",
          "lib/uplot/uPlot.esm.js", "dist/",
          "lib/uplot/uPlot.min.css", "dist/");

  /** A file, ready to be sent. */
  record File(String type, String tag, byte[] plain, byte[] zipped) {}

  private final ConcurrentHashMap<String, File> files = new ConcurrentHashMap<>();

  /** The file at a path below the console's. */
  Optional<File> file(String path) {
    var known = files.get(path);
    if (known != null) {
      return Optional.of(known);
    }
    var read = resource(path).flatMap(resource -> read(path, resource));
    read.ifPresent(file -> files.put(path, file));
    return read;
  }

  private static Optional<String> resource(String path) {
    if (NAME.matcher(path).matches()) {
      return Optional.of("/console/" + path);
    }
    var folder = LIBRARIES.get(path);
    if (folder == null) {
      return Optional.empty();
    }
    var name = path.substring(4, path.indexOf('/', 4));
    return Optional.of(
        "/META-INF/resources/webjars/"
            + name
            + "/"
            + version(name)
            + "/"
            + folder
            + path.substring(5 + name.length()));
  }

  /** The version of a library that is on the class path. */
  private static String version(String name) {
    var resource = "/META-INF/maven/org.webjars.npm/" + name + "/pom.properties";
    try (var in = ConsoleFiles.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the library " + name + " is not on the class path");
      }
      var properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<File> read(String path, String resource) {
    try (var in = ConsoleFiles.class.getResourceAsStream(resource)) {
      if (in == null) {
        return Optional.empty();
      }
      var plain = in.readAllBytes();
      var zipped = new ByteArrayOutputStream();
      try (var zip = new GZIPOutputStream(zipped)) {
        zip.write(plain);
      }
      return Optional.of(new File(type(path), tag(plain), plain, zipped.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String type(String path) {
    return switch (path.substring(path.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> "application/octet-stream";
    };
  }

  private static String tag(byte[] content) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(content);
      return '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
