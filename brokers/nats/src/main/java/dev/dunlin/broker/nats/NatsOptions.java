package dev.dunlin.broker.nats;

import static java.util.Objects.requireNonNull;

import dev.dunlin.channels.PublishOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * How channels use a NATS: immutable, each method gives a changed copy.
 *
 * @param url {@code nats://[user:password@]host[:port]}, or {@code tls://}; several are separated
 *     by commas. It is a secret, since it may hold a password
 * @param prefix what streams and subjects begin with, so that installations can share a NATS:
 *     letters, digits, {@code _} and {@code -}; {@code dunlin} by default
 * @param trustPersistence whether a restarted server is taken to have lost nothing, so that streams
 *     keep their epoch: right where it cannot lose power, or writes through; false by default
 * @param timeout how long to wait for a connection, and for the answer to a command; 5 s by default
 * @param probeInterval how often a message to oneself tests the link; 10 s by default. A starved
 *     link is noticed within this time plus {@code timeout}
 * @param maxPendingBytes what may wait for the server, in bytes of what is published and 512 for
 *     each; beyond it calls fail at once. 32 MiB by default
 * @param memory whether streams that do not exist yet are kept in memory instead of on disk; false
 *     by default
 * @param replicas how many servers of a cluster are to keep streams that do not exist yet; 1 by
 *     default
 * @param idempotencyWindow the longest time that idempotency keys can be remembered, in streams
 *     that do not exist yet; 5 minutes by default. Publishing with a longer one fails
 * @param maxHistory how many publications a channel may ask to keep, in streams that do not exist
 *     yet; 1,000 by default. Publishing into a longer history fails. A channel takes the room of up
 *     to twice as many messages, however short its own history
 * @param tls who is trusted and what is shown with {@code tls://}; {@link Tls#ofTheJvm()} by
 *     default. Names of hosts are compared with the server's certificate in any case
 */
public record NatsOptions(
    String url,
    String prefix,
    boolean trustPersistence,
    Duration timeout,
    Duration probeInterval,
    long maxPendingBytes,
    boolean memory,
    int replicas,
    Duration idempotencyWindow,
    int maxHistory,
    Tls tls) {

  private static final String NAMES =
      "url, prefix, trust_persistence, timeout_ms, probe_interval_ms, max_pending_bytes,"
          + " storage, replicas, idempotency_window_ms, max_history,"
          + " ca_pem_file, cert_pem_file, key_pem_file";

  /** Checks each of them. */
  public NatsOptions {
    requireNonNull(url);
    if (!prefix.matches("[A-Za-z0-9_-]{1,64}")) {
      throw new IllegalArgumentException(
          "prefix is \"" + prefix + "\", but must be letters, digits, _ and -, 64 at most");
    }
    positive("timeout", timeout.toMillis());
    positive("probe interval", probeInterval.toMillis());
    positive("max pending bytes", maxPendingBytes);
    positive("replicas", replicas);
    positive("max history", maxHistory);
    positive("idempotency window", idempotencyWindow.toMillis());
    if (anyServer(url, "opentls")) {
      // The driver would trust whoever answers.
      throw new IllegalArgumentException("url begins with opentls, but must with tls");
    }
    if (!tls.equals(Tls.ofTheJvm()) && !secure(url)) {
      throw new IllegalArgumentException(
          "ca_pem_file, cert_pem_file and key_pem_file need a url that begins with tls");
    }
  }

  /**
   * The TLS of connections. The files are read again for each connection.
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

  /** Whether connections are to be made over TLS: if it is asked of one server, then of all. */
  boolean secure() {
    return secure(url);
  }

  private static boolean secure(String url) {
    return anyServer(url, "tls") || anyServer(url, "wss");
  }

  private static boolean anyServer(String url, String scheme) {
    return Arrays.stream(url.split(","))
        .anyMatch(server -> server.strip().toLowerCase(Locale.ROOT).startsWith(scheme + "://"));
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " is " + value + ", but must be positive");
    }
  }

  /** The NATS at {@code url}, and the defaults for the rest. */
  public static NatsOptions at(String url) {
    return new NatsOptions(
        url,
        "dunlin",
        false,
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        32L << 20,
        false,
        1,
        PublishOptions.DEFAULT_IDEMPOTENCY_TTL,
        1_000,
        Tls.ofTheJvm());
  }

  /**
   * From a configuration.
   *
   * @throws IllegalArgumentException if an option is unknown or wrong; it names the option
   */
  static NatsOptions of(Map<String, String> options) {
    var url = options.get("url");
    if (url == null) {
      throw new IllegalArgumentException("the nats broker needs the option url");
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
            case "storage" ->
                switch (value) {
                  case "file" -> result.memory(false);
                  case "memory" -> result.memory(true);
                  default ->
                      throw new IllegalArgumentException(
                          "storage is neither file nor memory: " + value);
                };
            case "replicas" -> result.replicas((int) Math.min(number(name, value), 5));
            case "max_history" -> result.maxHistory((int) Math.min(number(name, value), 1_000_000));
            case "idempotency_window_ms" ->
                result.idempotencyWindow(Duration.ofMillis(number(name, value)));
            case "max_pending_bytes" -> result.maxPendingBytes(number(name, value));
            default ->
                throw new IllegalArgumentException(
                    "the nats broker has no option " + name + ": " + NAMES);
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
  public NatsOptions prefix(String prefix) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** Trusting the server's persistence, or not. */
  public NatsOptions trustPersistence(boolean trustPersistence) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** With another timeout. */
  public NatsOptions timeout(Duration timeout) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** With another interval of probes. */
  public NatsOptions probeInterval(Duration probeInterval) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** With another limit to what waits for the server. */
  public NatsOptions maxPendingBytes(long maxPendingBytes) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** Keeping new streams in memory, or on disk. */
  public NatsOptions memory(boolean memory) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** Keeping new streams on so many servers. */
  public NatsOptions replicas(int replicas) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** With another limit to the life of idempotency keys. */
  public NatsOptions idempotencyWindow(Duration idempotencyWindow) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** With room for histories of so many publications. */
  public NatsOptions maxHistory(int maxHistory) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** With other authorities, or a certificate of our own. */
  public NatsOptions tls(Tls tls) {
    return new NatsOptions(
        url,
        prefix,
        trustPersistence,
        timeout,
        probeInterval,
        maxPendingBytes,
        memory,
        replicas,
        idempotencyWindow,
        maxHistory,
        tls);
  }

  /** What a failure says, without who we are: the driver repeats URLs with their passwords. */
  static String withoutUsers(Throwable failure) {
    return String.valueOf(failure.getMessage()).replaceAll("//[^/\\s]*@", "//");
  }

  /** Without the URL, which may hold a password. */
  @Override
  public String toString() {
    return "NatsOptions[prefix=" + prefix + ", trustPersistence=" + trustPersistence + "]";
  }
}
