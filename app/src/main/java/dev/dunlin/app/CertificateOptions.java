package dev.dunlin.app;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.Proxies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the certificate of a client says, whoever ended TLS. */
record CertificateOptions(
    @Option(
            value = "The authorities whose certificates say who a client is, a PEM file",
            consequence = "unset: certificates say nothing, but tokens can be bound to them",
            reloads = true)
        String caPemFile,
    @Option(
            value =
                "The user: common_name, distinguished_name, email, dns or uri of the certificate,"
                    + " or none",
            fallback = "common_name",
            consequence =
                "who shows a token too is the user of the token; none: only the token says who",
            reloads = true)
        User user,
    @Option(
            value = "Whether clients without such a certificate are refused",
            fallback = "false",
            consequence = "their upgrade gets 401, whatever else they show")
        boolean required,
    @Option(
            value = "Revocation lists, PEM or DER files",
            consequence =
                "every authority needs a list that is current, or its certificates are refused",
            reloads = true)
        List<String> crlFiles,
    @Option(
            value =
                "The header in which http_server.proxies pass on the certificate: as RFC 9440 has"
                    + " it, or PEM in URL encoding",
            consequence =
                "the proxy must remove it from what clients send; from any other address it counts"
                    + " for nothing",
            reloads = true)
        String proxyHeader) {

  /** The part of a certificate that is the user's id. */
  enum User {
    COMMON_NAME,
    DISTINGUISHED_NAME,
    EMAIL,
    DNS,
    URI,
    NONE
  }

  /**
   * What looks at certificates; empty if nothing does. Reads files.
   *
   * @throws IllegalArgumentException if one cannot be used; the message begins with the option
   */
  Optional<Authenticator> authenticator(Proxies proxies) {
    if (caPemFile.isEmpty()) {
      return Optional.empty();
    }
    var rule = authorities();
    if (!crlFiles.isEmpty()) {
      try {
        rule = rule.revocationLists(crlFiles.stream().map(Path::of).toArray(Path[]::new));
      } catch (UncheckedIOException unusable) {
        throw new IllegalArgumentException(
            "client.certificate.crl_files: " + unusable.getMessage(), unusable);
      }
    }
    if (!proxyHeader.isEmpty()) {
      rule = rule.fromProxy(proxyHeader, proxies::lists);
    }
    var known = named(rule);
    return Optional.of(
        user == User.NONE
            ? credentials -> known.authenticate(credentials).thenApply(CertificateOptions::nameless)
            : known);
  }

  private ClientCertificate authorities() {
    try {
      return ClientCertificate.issuedBy(Files.readString(Path.of(caPemFile)));
    } catch (IOException | IllegalArgumentException unusable) {
      throw new IllegalArgumentException(
          "client.certificate.ca_pem_file: " + caPemFile + " has no certificates", unusable);
    }
  }

  private ClientCertificate named(ClientCertificate rule) {
    return switch (user) {
      case COMMON_NAME, NONE -> rule.subject(ClientCertificate.Subject.COMMON_NAME);
      case DISTINGUISHED_NAME -> rule.subject(ClientCertificate.Subject.DISTINGUISHED_NAME);
      case EMAIL -> rule.subject(ClientCertificate.Subject.EMAIL);
      case DNS -> rule.subject(ClientCertificate.Subject.DNS);
      case URI -> rule.subject(ClientCertificate.Subject.URI);
    };
  }

  private static Identity nameless(Identity known) {
    return new Identity("", known.certificates(), known.claims());
  }
}
