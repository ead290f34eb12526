package dev.dunlin.server.internal;

import java.nio.file.Path;
import java.util.Optional;

/** Where certificates and keys are, and what is asked of clients. */
public record TlsFiles(
    Path certificates,
    Path key,
    Ask ask,
    @SuppressWarnings("OptionalUsedAsFieldOrParameterType") Optional<Path> authorities) {

  /** For a certificate of the peer. */
  public enum Ask {
    NOTHING,
    MAYBE,
    MUST
  }
}
