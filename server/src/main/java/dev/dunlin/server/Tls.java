package dev.dunlin.server;

import dev.dunlin.server.internal.TlsFiles;
import dev.dunlin.server.netty.TlsContexts;
import java.nio.file.Path;
import java.util.Optional;

/**
 * TLS 1.3 and 1.2 with authenticated encryption only, from PEM files. Uses OpenSSL where its native
 * library is present, else the JDK.
 */
public final class Tls {

  /** What is asked of clients. */
  public enum ClientAuth {
    /** Nothing. */
    NONE,
    /** A certificate if they have one. */
    OPTIONAL,
    /** A certificate, or there is no connection. */
    REQUIRED
  }

  private final TlsFiles files;
  private final TlsContexts contexts;

  private Tls(TlsFiles files) {
    this.files = files;
    this.contexts = TlsContexts.server(files);
  }

  /**
   * TLS with a certificate chain and its private key (PKCS #8, not encrypted), both PEM.
   *
   * @throws IllegalArgumentException if a file cannot be read or they do not make a pair
   */
  public static Tls of(Path certificates, Path key) {
    return new Tls(new TlsFiles(certificates, key, TlsFiles.Ask.NOTHING, Optional.empty()));
  }

  /**
   * With certificates of clients, signed by one of {@code authorities} (PEM).
   *
   * @throws IllegalArgumentException if the file cannot be read
   */
  public Tls clientAuth(ClientAuth clientAuth, Path authorities) {
    return new Tls(
        new TlsFiles(
            files.certificates(),
            files.key(),
            switch (clientAuth) {
              case NONE -> TlsFiles.Ask.NOTHING;
              case OPTIONAL -> TlsFiles.Ask.MAYBE;
              case REQUIRED -> TlsFiles.Ask.MUST;
            },
            Optional.of(authorities)));
  }

  /**
   * Reads the files again: new connections get what they hold now, existing ones stay as they are.
   *
   * @throws IllegalArgumentException if a file cannot be read or they do not fit; then everything
   *     stays as it was
   */
  public void reload() {
    contexts.reload();
  }

  /**
   * Takes over another's files, which were read when it was made: new connections get what they
   * hold, existing ones stay as they are.
   */
  public void reload(Tls other) {
    contexts.reload(other.contexts);
  }

  TlsContexts contexts() {
    return contexts;
  }
}
