package dev.dunlin.server.netty;

import dev.dunlin.server.internal.TlsFiles;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;

/** The TLS context in use, which a reload replaces as a whole. */
public final class TlsContexts {

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

  private final Callable<SslContext> load;
  private final AtomicReference<SslContext> current;

  private TlsContexts(Callable<SslContext> load) {
    this.load = load;
    this.current = new AtomicReference<>(loaded());
  }

  /** For a server. */
  public static TlsContexts server(TlsFiles files) {
    return new TlsContexts(() -> serverContext(files));
  }

  /**
   * For clients.
   *
   * @param authorities whom to trust; the JDK's own if empty
   * @param certificates with its key, to show to servers that ask
   */
  static TlsContexts client(
      Optional<Path> authorities, Optional<Path> certificates, Optional<Path> key) {
    return new TlsContexts(() -> clientContext(authorities, certificates, key));
  }

  private SslContext loaded() {
    try {
      return load.call();
    } catch (Exception e) {
      throw new IllegalArgumentException(
          "the certificates, the key or the authorities cannot be used: " + e.getMessage(), e);
    }
  }

  /** Reads the files again; if that fails everything stays as it was. */
  public void reload() {
    current.set(loaded());
  }

  SslContext current() {
    return Objects.requireNonNull(current.get());
  }

  private static SslProvider provider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
  }

  private static SslContext serverContext(TlsFiles files) throws SSLException {
    var builder =
        strict(
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

  private static SslContext clientContext(
      Optional<Path> authorities, Optional<Path> certificates, Optional<Path> key)
      throws SSLException {
    // the name in the certificate is always compared with the host asked for (RFC 9110, 4.3.4)
    var builder = strict(SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS"));
    if (authorities.isPresent()) {
      builder.trustManager(authorities.get().toFile());
    }
    if (certificates.isPresent() && key.isPresent()) {
      builder.keyManager(certificates.get().toFile(), key.get().toFile());
    }
    return builder.build();
  }

  private static SslContextBuilder strict(SslContextBuilder builder) {
    return builder
        .sslProvider(provider())
        .protocols("TLSv1.3", "TLSv1.2")
        .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE);
  }
}
