package dev.dunlin.auth;

import static dev.dunlin.auth.AuthenticationException.invalid;

import dev.dunlin.auth.AuthenticationException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CRLException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whoever holds the key of a certificate that one of these authorities vouches for.
 *
 * <p>Checked here, whatever the TLS layer checked before: the chain up to an authority, validity at
 * the time of connecting, that the certificate may be used by a client (extended key usage, RFC
 * 5280, 4.2.1.12: {@code clientAuth}, {@code any}, or no such extension), and the revocation lists.
 * Only then is the identity read from it.
 *
 * <p>Immutable: every method returns a new one; the revocation lists are read again by {@link
 * #reload()}, which swaps them at once. Safe for many threads; nothing is fetched from the network.
 */
public final class ClientCertificate implements Authenticator {

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";
  private static final int MAX_HEADER = 16 * 1024;
  private static final int MAX_CHAIN = 8;

  /** Which part of a certificate is the user's id. */
  public enum Subject {
    /** The common name; there must be exactly one. */
    COMMON_NAME(-1),
    /** The whole distinguished name, as RFC 2253 spells it. */
    DISTINGUISHED_NAME(-1),
    /** The only e-mail address among the alternative names. */
    EMAIL(1),
    /** The only DNS name among the alternative names. */
    DNS(2),
    /** The only URI among the alternative names, for example a SPIFFE id. */
    URI(6);

    private final int generalName;

    Subject(int generalName) {
      this.generalName = generalName;
    }
  }

  /** The revocation lists in use, swapped as a whole. */
  private static final class Lists {
    private final List<Path> files;
    private volatile @Nullable List<X509CRL> current;

    private Lists(List<Path> files) {
      this.files = files;
    }
  }

  private record Proxy(String header, Predicate<InetAddress> listed) {}

  private final Set<TrustAnchor> authorities;
  private final Subject subject;
  private final InstantSource clock;
  private final @Nullable Lists lists;
  private final @Nullable Proxy proxy;

  private ClientCertificate(
      Set<TrustAnchor> authorities,
      Subject subject,
      InstantSource clock,
      @Nullable Lists lists,
      @Nullable Proxy proxy) {
    this.authorities = authorities;
    this.subject = subject;
    this.clock = clock;
    this.lists = lists;
    this.proxy = proxy;
  }

  /** Certificates issued under any of these authorities; the user's id is the common name. */
  public static ClientCertificate issuedBy(Collection<X509Certificate> authorities) {
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException("name at least one certificate authority");
    }
    var anchors =
        authorities.stream()
            .map(authority -> new TrustAnchor(authority, null))
            .collect(Collectors.toUnmodifiableSet());
    return new ClientCertificate(anchors, Subject.COMMON_NAME, InstantSource.system(), null, null);
  }

  /** The same with the authorities in this PEM text. */
  public static ClientCertificate issuedBy(String pem) {
    return issuedBy(Pem.certificates(pem));
  }

  /** Takes the user's id from this part of the certificate. */
  public ClientCertificate subject(Subject part) {
    return new ClientCertificate(authorities, part, clock, lists, proxy);
  }

  /** Takes the time from here. */
  public ClientCertificate clock(InstantSource source) {
    return new ClientCertificate(authorities, subject, source, lists, proxy);
  }

  /**
   * Refuses certificates on these revocation lists (X.509 CRLs, PEM or DER). Every authority in a
   * chain then needs a list whose {@code nextUpdate} is at most 15 min ago, or the certificate is
   * refused.
   *
   * @throws UncheckedIOException if a file cannot be read or is no revocation list
   */
  public ClientCertificate revocationLists(Path... files) {
    var changed =
        new ClientCertificate(authorities, subject, clock, new Lists(List.of(files)), proxy);
    changed.reload();
    return changed;
  }

  /**
   * Believes this request header, and only from connections of these proxies, in place of a
   * certificate of the connection itself: {@code Client-Cert} as RFC 9440 has it, or a URL-encoded
   * PEM certificate as nginx sends it. The proxy must have verified that the client has the key,
   * and must remove the header from what clients send.
   */
  public ClientCertificate fromProxy(String header, Collection<InetAddress> proxies) {
    return fromProxy(header, Set.copyOf(proxies)::contains);
  }

  /**
   * The same from connections of every address that {@code listed} accepts, such as {@link
   * dev.dunlin.server.Proxies#lists}.
   */
  public ClientCertificate fromProxy(String header, Predicate<InetAddress> listed) {
    return new ClientCertificate(authorities, subject, clock, lists, new Proxy(header, listed));
  }

  /**
   * Reads the revocation lists again; the old ones stay if that fails. Reads files: not for an
   * event loop.
   *
   * @throws UncheckedIOException if a file cannot be read or is no revocation list
   */
  public void reload() {
    if (lists == null) {
      return;
    }
    var read = new ArrayList<X509CRL>();
    for (var file : lists.files) {
      try (var in = Files.newInputStream(file)) {
        for (var crl : CertificateFactory.getInstance("X.509").generateCRLs(in)) {
          read.add((X509CRL) crl);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("revocation list " + file + " cannot be read", e);
      } catch (CRLException | CertificateException e) {
        throw new UncheckedIOException(new IOException(file + " is no revocation list", e));
      }
    }
    lists.current = List.copyOf(read);
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    try {
      return CompletableFuture.completedStage(verify(presented(credentials), clock.instant()));
    } catch (AuthenticationException refusal) {
      return CompletableFuture.failedStage(refusal);
    }
  }

  /** Whether this is the SHA-256 thumbprint of the certificate in base64url (RFC 8705, 3.1). */
  public static boolean hasThumbprint(X509Certificate certificate, String thumbprint) {
    return MessageDigest.isEqual(
        thumbprint(certificate).getBytes(StandardCharsets.US_ASCII),
        thumbprint.getBytes(StandardCharsets.UTF_8));
  }

  /** The SHA-256 thumbprint of a certificate in base64url: {@code x5t#S256} of RFC 8705, 3.1. */
  public static String thumbprint(X509Certificate certificate) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return Base64Url.encode(sha256.digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("certificate has no encoding", e);
    }
  }

  /**
   * The identity of this chain at this instant, a pure function but for the lists in hand.
   *
   * @throws AuthenticationException if it is not accepted
   */
  public Identity verify(List<X509Certificate> chain, Instant now) {
    if (chain.isEmpty()) {
      throw new AuthenticationException(Reason.MISSING, "no client certificate");
    }
    if (chain.size() > MAX_CHAIN) {
      throw invalid("certificate chain longer than " + MAX_CHAIN);
    }
    var own = chain.getFirst();
    checkPath(chain, now);
    checkUsage(own);
    return new Identity(userId(own), chain, "{}");
  }

  private List<X509Certificate> presented(Credentials credentials) {
    var from = credentials.remoteAddress();
    if (proxy == null || from.isEmpty() || !proxy.listed().test(from.get())) {
      return credentials.certificates();
    }
    var values = credentials.header(proxy.header());
    if (values.isEmpty()) {
      return List.of(); // the proxy's own certificate is not the client's
    }
    if (values.size() > 1 || values.getFirst().length() > MAX_HEADER) {
      throw invalid("certificate header twice or too long");
    }
    return List.of(fromHeader(values.getFirst().strip()));
  }

  private static X509Certificate fromHeader(String value) {
    try {
      // RFC 9440, 2.2: a byte sequence of RFC 8941, base64 between colons
      if (value.length() > 2 && value.startsWith(":") && value.endsWith(":")) {
        return Pem.certificate(Base64.getDecoder().decode(value.substring(1, value.length() - 1)));
      }
      var found =
          Pem.certificates(URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8));
      if (found.size() == 1) {
        return found.getFirst();
      }
    } catch (IllegalArgumentException e) {
      throw invalid("certificate header cannot be read");
    }
    throw invalid("certificate header has not exactly one certificate");
  }

  private void checkPath(List<X509Certificate> chain, Instant now) {
    try {
      var validator = CertPathValidator.getInstance("PKIX");
      var parameters = new PKIXParameters(authorities);
      parameters.setDate(Date.from(now));
      var crls = lists == null ? null : lists.current;
      parameters.setRevocationEnabled(crls != null);
      if (crls != null) {
        parameters.addCertStore(
            CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls)));
        var checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(
            EnumSet.of(
                PKIXRevocationChecker.Option.PREFER_CRLS,
                PKIXRevocationChecker.Option.NO_FALLBACK));
        parameters.addCertPathChecker(checker);
      }
      var path = CertificateFactory.getInstance("X.509").generateCertPath(withoutAnchor(chain));
      validator.validate(path, parameters);
    } catch (CertPathValidatorException e) {
      throw refusal(e);
    } catch (GeneralSecurityException e) {
      throw invalid("certificate chain cannot be checked");
    }
  }

  /** A chain may end with the authority itself, which a path must not contain (RFC 5280, 6.1). */
  private List<X509Certificate> withoutAnchor(List<X509Certificate> chain) {
    var last = chain.getLast();
    boolean anchored =
        chain.size() > 1
            && authorities.stream().anyMatch(anchor -> last.equals(anchor.getTrustedCert()));
    return anchored ? chain.subList(0, chain.size() - 1) : chain;
  }

  private static AuthenticationException refusal(CertPathValidatorException e) {
    var why = e.getReason();
    if (why == BasicReason.EXPIRED) {
      return new AuthenticationException(Reason.EXPIRED, "certificate has expired");
    }
    if (why == BasicReason.NOT_YET_VALID) {
      return new AuthenticationException(Reason.NOT_YET_VALID, "certificate is not valid yet");
    }
    if (why == BasicReason.REVOKED) {
      return new AuthenticationException(Reason.REVOKED, "certificate is revoked");
    }
    if (why == BasicReason.UNDETERMINED_REVOCATION_STATUS) {
      return invalid("no current revocation list for the certificate");
    }
    return invalid("certificate chain does not lead to an accepted authority");
  }

  private static void checkUsage(X509Certificate certificate) {
    try {
      var usages = certificate.getExtendedKeyUsage();
      if (usages != null && !usages.contains(CLIENT_AUTH) && !usages.contains(ANY_USAGE)) {
        throw invalid("certificate is not for clients");
      }
    } catch (CertificateParsingException e) {
      throw invalid("certificate key usage cannot be read");
    }
  }

  private String userId(X509Certificate certificate) {
    var found =
        switch (subject) {
          case COMMON_NAME -> commonNames(certificate);
          case DISTINGUISHED_NAME -> List.of(certificate.getSubjectX500Principal().getName());
          case EMAIL, DNS, URI -> alternativeNames(certificate, subject.generalName);
        };
    if (found.size() != 1 || found.getFirst().isBlank()) {
      throw invalid("certificate has not exactly one " + subject.name().toLowerCase(Locale.ROOT));
    }
    return found.getFirst();
  }

  private static List<String> commonNames(X509Certificate certificate) {
    try {
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
              .map(rdn -> String.valueOf(rdn.getValue()))
              .toList();
    } catch (InvalidNameException e) {
      throw invalid("certificate subject cannot be read");
    }
  }

  private static List<String> alternativeNames(X509Certificate certificate, int kind) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .filter(name -> name.getFirst().equals(kind))
              .map(name -> String.valueOf(name.get(1)))
              .toList();
    } catch (CertificateParsingException e) {
      throw invalid("certificate names cannot be read");
    }
  }

  @Override
  public String toString() {
    return "ClientCertificate[" + subject.name().toLowerCase(Locale.ROOT) + "]";
  }
}
