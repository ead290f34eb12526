package dev.dunlin.server.netty;

import dev.dunlin.server.internal.TlsFiles;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The TLS context in use, which a reload replaces as a whole.
 *
 * <p>A client that comes again resumes its session by a ticket, without another signature. With
 * OpenSSL the tickets are sealed with a key of this process, replaced every twelve hours and good
 * for opening for twelve more; the JDK has keys of its own.
 */
public final class TlsContexts {

  static final long TICKET_KEY_NANOS = TimeUnit.HOURS.toNanos(12);

  /** A context with the key that seals its tickets, if that is ours to give. */
  private record InUse(
      SslContext context, @Nullable OpenSslSessionTicketKey tickets, long keyMadeAt) {}

  private static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** Where contexts come from, and whether their sessions are resumed by tickets. */
  private record Source(Callable<SslContext> load, boolean tickets) {}

  private volatile Source source;
  private final LongSupplier nanoTime;
  private final AtomicReference<InUse> current;

  private TlsContexts(Callable<SslContext> load, boolean tickets, LongSupplier nanoTime) {
    this.source = new Source(load, tickets);
    this.nanoTime = nanoTime;
    this.current = new AtomicReference<>(loaded());
  }

  /** For a server. */
  public static TlsContexts server(TlsFiles files) {
    return server(files, provider(), System::nanoTime);
  }

  /** For a server, with the TLS of this provider. */
  static TlsContexts server(TlsFiles files, SslProvider provider, LongSupplier nanoTime) {
    // A session that began with a certificate is not resumed: each connection shows it anew.
    boolean tickets = files.ask() == TlsFiles.Ask.NOTHING;
    return new TlsContexts(() -> serverContext(files, provider), tickets, nanoTime);
  }

  /**
   * For clients.
   *
   * @param authorities whom to trust; the JDK's own if empty
   * @param certificates with its key, to show to servers that ask
   */
  static TlsContexts client(
      Optional<Path> authorities, Optional<Path> certificates, Optional<Path> key) {
    return new TlsContexts(
        () -> clientContext(authorities, certificates, key), false, System::nanoTime);
  }

  private InUse loaded() {
    try {
      var from = source;
      var context = from.load().call();
      var key = from.tickets() && sessions(context) != null ? ticketKey() : null;
      var made = new InUse(context, key, nanoTime.getAsLong());
      if (key != null) {
        seal(made, key); // Netty gives no tickets without keys of one's own
      }
      return made;
    } catch (Exception e) {
      throw new IllegalArgumentException(
          "the certificates, the key or the authorities cannot be used: " + e.getMessage(), e);
    }
  }

  /** Reads the files again; if that fails everything stays as it was. */
  public void reload() {
    current.set(loaded());
  }

  /** From now on the same as the other one, which has read its files. */
  public void reload(TlsContexts other) {
    source = other.source;
    current.set(other.current.get());
  }

  SslContext current() {
    var inUse = Objects.requireNonNull(current.get());
    if (inUse.tickets() != null && nanoTime.getAsLong() - inUse.keyMadeAt() > TICKET_KEY_NANOS) {
      var fresh = ticketKey();
      var next = new InUse(inUse.context(), fresh, nanoTime.getAsLong());
      if (current.compareAndSet(inUse, next)) {
        seal(next, fresh, inUse.tickets());
      }
    }
    return inUse.context();
  }

  /** The first key seals, and all of them open. */
  private static void seal(InUse inUse, OpenSslSessionTicketKey... keys) {
    var sessions = sessions(inUse.context());
    if (sessions != null) {
      sessions.setTicketKeys(keys);
    }
  }

  private static @Nullable OpenSslSessionContext sessions(SslContext context) {
    return context.sessionContext() instanceof OpenSslSessionContext sessions ? sessions : null;
  }

  private static SslProvider provider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
  }

  private static SslContext serverContext(TlsFiles files, SslProvider provider)
      throws SSLException {
    var builder =
        strict(
            provider,
            SslContextBuilder.forServer(files.certificates().toFile(), files.key().toFile())
                .clientAuth(
                    switch (files.ask()) {
                      case NOTHING -> ClientAuth.NONE;
                      case MAYBE -> ClientAuth.OPTIONAL;
                      case MUST -> ClientAuth.REQUIRE;
                    }));
    if (files.authorities().isPresent()) {
      builder.trustManager(files.authorities().get().toFile());
    }
    return builder.build();
  }

  /** A key that seals the tickets by which clients resume sessions (RFC 8446, 2.2; RFC 5077). */
  private static OpenSslSessionTicketKey ticketKey() {
    var random = new SecureRandom();
    var parts = new byte[3][16];
    for (var part : parts) {
      random.nextBytes(part);
    }
    return new OpenSslSessionTicketKey(parts[0], parts[1], parts[2]);
  }

  private static SslContext clientContext(
      Optional<Path> authorities, Optional<Path> certificates, Optional<Path> key)
      throws SSLException {
    // the name in the certificate is always compared with the host asked for (RFC 9110, 4.3.4)
    var builder =
        strict(provider(), SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS"));
    if (authorities.isPresent()) {
      builder.trustManager(authorities.get().toFile());
    }
    if (certificates.isPresent() && key.isPresent()) {
      builder.keyManager(certificates.get().toFile(), key.get().toFile());
    }
    return builder.build();
  }

  private static SslContextBuilder strict(SslProvider provider, SslContextBuilder builder) {
    return builder
        .sslProvider(provider)
        .protocols("TLSv1.3", "TLSv1.2")
        .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE);
  }
}
