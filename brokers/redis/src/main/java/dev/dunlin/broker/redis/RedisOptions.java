package dev.dunlin.broker.redis;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How channels use a Redis: immutable, each method gives a changed copy.
 *
 * @param url {@code redis://[[user:]password@]host[:port][/database]}, or {@code rediss://} over
 *     TLS; it is a secret, since it may hold a password
 * @param prefix what all keys and channels begin with, so that installations can share a Redis;
 *     {@code dunlin} by default
 * @param trustPersistence whether a restarted server is taken to have lost nothing, so that streams
 *     keep their epoch: right with {@code appendfsync always} and without replicas alone; false by
 *     default
 * @param timeout how long to wait for a connection, and for the answer to a command; 5 s by default
 * @param probeInterval how often a message to oneself tests the link; 10 s by default. A starved
 *     link is noticed within this time plus {@code timeout}
 * @param maxPendingBytes what may wait for the server, in bytes of what is published and 512 for
 *     each; beyond it calls fail at once. 32 MiB by default
 * @param tls who is trusted and what is shown with {@code rediss://}; {@link Tls#ofTheJvm()} by
 *     default. Names of hosts are compared with the server's certificate in any case
 */
public record RedisOptions(
    String url,
    String prefix,
    boolean trustPersistence,
    Duration timeout,
    Duration probeInterval,
    long maxPendingBytes,
    Tls tls) {

  private static final String NAMES =
      "url, prefix, trust_persistence, timeout_ms, probe_interval_ms, max_pending_bytes,"
          + " ca_pem_file, cert_pem_file, key_pem_file";

  /** Checks each of them. */
  public RedisOptions {
    requireNonNull(url);
    if (prefix.isEmpty() || prefix.indexOf('{') >= 0 || prefix.indexOf('}') >= 0) {
      throw new IllegalArgumentException(
          "prefix is \"" + prefix + "\", but must be something without braces");
    }
    positive("timeout", timeout.toMillis());
    positive("probe interval", probeInterval.toMillis());
    positive("max pending bytes", maxPendingBytes);
    if (!tls.equals(Tls.ofTheJvm()) && !url.startsWith("rediss")) {
      throw new IllegalArgumentException(
          "ca_pem_file, cert_pem_file and key_pem_file need a url that begins with rediss");
    }
  }

  /**
   * The TLS of connections.
   *
   * @param caPemFile the authorities that are trusted, a PEM file; empty for those of the JVM
   * @param certPemFile the chain that is shown, a PEM file; empty for none
   * @param keyPemFile its private key, a PEM file (PKCS #8, not encrypted)
   */
  public record Tls(String caPemFile, String certPemFile, String keyPemFile) {

    /** Checks that the files can be read. */
    public Tls {
      readable("ca_pem_file", caPemFile);
      readable("cert_pem_file", certPemFile);
      readable("key_pem_file", keyPemFile);
      if (certPemFile.isEmpty() != keyPemFile.isEmpty()) {
        throw new IllegalArgumentException("cert_pem_file and key_pem_file need each other");
      }
    }

    private static void readable(String option, String file) {
      if (!file.isEmpty() && !Files.isReadable(Path.of(file))) {
        throw new IllegalArgumentException(option + " cannot be read: " + file);
      }
    }

    /** The authorities of the JVM, and no certificate of our own. */
    public static Tls ofTheJvm() {
      return new Tls("", "", "");
    }
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " is " + value + ", but must be positive");
    }
  }

  /** The Redis at {@code url}, and the defaults for the rest. */
  public static RedisOptions at(String url) {
    return new RedisOptions(
        url,
        "dunlin",
        false,
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        32L << 20,
        Tls.ofTheJvm());
  }

  /**
   * From a configuration.
   *
   * @throws IllegalArgumentException if an option is unknown or wrong; it names the option
   */
  static RedisOptions of(Map<String, String> options) {
    var url = options.get("url");
    if (url == null) {
      throw new IllegalArgumentException("the redis broker needs the option url");
    }
    var result =
        at(url)
            .tls(
                new Tls(
                    options.getOrDefault("ca_pem_file", ""),
                    options.getOrDefault("cert_pem_file", ""),
                    options.getOrDefault("key_pem_file", "")));
    for (var option : options.entrySet()) {
      var name = option.getKey();
      var value = option.getValue();
      result =
          switch (name) {
            case "url", "ca_pem_file", "cert_pem_file", "key_pem_file" -> result;
            case "prefix" -> result.prefix(value);
            case "trust_persistence" -> result.trustPersistence(truth(name, value));
            case "timeout_ms" -> result.timeout(Duration.ofMillis(number(name, value)));
            case "probe_interval_ms" ->
                result.probeInterval(Duration.ofMillis(number(name, value)));
            case "max_pending_bytes" -> result.maxPendingBytes(number(name, value));
            default ->
                throw new IllegalArgumentException(
                    "the redis broker has no option " + name + ": " + NAMES);
          };
    }
    return result;
  }

  private static boolean truth(String name, String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(name + " is neither true nor false: " + value);
    };
  }

  private static long number(String name, String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is not a whole number: " + value, e);
    }
  }

  /** With another prefix. */
  public RedisOptions prefix(String prefix) {
    return new RedisOptions(
        url, prefix, trustPersistence, timeout, probeInterval, maxPendingBytes, tls);
  }

  /** Trusting the server's persistence, or not. */
  public RedisOptions trustPersistence(boolean trustPersistence) {
    return new RedisOptions(
        url, prefix, trustPersistence, timeout, probeInterval, maxPendingBytes, tls);
  }

  /** With another timeout. */
  public RedisOptions timeout(Duration timeout) {
    return new RedisOptions(
        url, prefix, trustPersistence, timeout, probeInterval, maxPendingBytes, tls);
  }

  /** With another interval of probes. */
  public RedisOptions probeInterval(Duration probeInterval) {
    return new RedisOptions(
        url, prefix, trustPersistence, timeout, probeInterval, maxPendingBytes, tls);
  }

  /** With another limit to what waits for the server. */
  public RedisOptions maxPendingBytes(long maxPendingBytes) {
    return new RedisOptions(
        url, prefix, trustPersistence, timeout, probeInterval, maxPendingBytes, tls);
  }

  /** With other authorities, or a certificate of our own. */
  public RedisOptions tls(Tls tls) {
    return new RedisOptions(
        url, prefix, trustPersistence, timeout, probeInterval, maxPendingBytes, tls);
  }

  /** Without the URL, which may hold a password. */
  @Override
  public String toString() {
    return "RedisOptions[prefix=" + prefix + ", trustPersistence=" + trustPersistence + "]";
  }
}
