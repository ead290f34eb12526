package dev.dunlin.auth;

import static dev.dunlin.auth.TestCertificates.CLIENT_AUTH;
import static dev.dunlin.auth.TestCertificates.SERVER_AUTH;
import static dev.dunlin.auth.TestCertificates.names;
import static dev.dunlin.auth.TestCertificates.usages;
import static dev.dunlin.auth.Tokens.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.ClientCertificate.Subject;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientCertificateTest {

  private static final Instant FROM = NOW.minusSeconds(3600);
  private static final Instant TO = NOW.plusSeconds(3600);

  private static final TestCertificates CA =
      new TestCertificates("CN=Devices", Tokens.RSA, FROM, TO);
  private static final TestCertificates OTHER_CA =
      new TestCertificates("CN=Devices", Tokens.OTHER_RSA, FROM, TO);
  private static final X509Certificate DEVICE =
      CA.client(7, "CN=device-7,O=Example", Tokens.P256, FROM, TO);

  private final ClientCertificate rule =
      ClientCertificate.issuedBy(List.of(CA.authority)).clock(() -> NOW);

  @Test
  void aCertificateOfTheAuthorityIsAnIdentity() {
    var identity = rule.verify(List.of(DEVICE), NOW);
    assertThat(identity.subject()).isEqualTo("device-7");
    assertThat(identity.certificates()).containsExactly(DEVICE);
    assertThat(rule.verify(List.of(DEVICE, CA.authority), NOW).subject()).isEqualTo("device-7");
  }

  @Test
  void expiredAndEarlyCertificatesSaySo() {
    assertThat(reason(rule, DEVICE, TO.plusSeconds(1))).isEqualTo(Reason.EXPIRED);
    var early = CA.client(8, "CN=early", Tokens.P256, NOW.plusSeconds(60), TO);
    assertThat(reason(rule, early, NOW)).isEqualTo(Reason.NOT_YET_VALID);
  }

  @Test
  void certificatesOfOthersAreRefused() {
    assertThat(reason(rule, OTHER_CA.client(7, "CN=device-7", Tokens.P256, FROM, TO), NOW))
        .isEqualTo(Reason.INVALID);
    var selfSigned = new TestCertificates("CN=device-7", Tokens.OTHER_RSA, FROM, TO).authority;
    assertThat(reason(rule, selfSigned, NOW)).isEqualTo(Reason.INVALID);
    var refusal =
        catchThrowableOfType(AuthenticationException.class, () -> rule.verify(List.of(), NOW));
    assertThat(refusal.reason()).isEqualTo(Reason.MISSING);
  }

  @Test
  void aCertificateForServersIsNotForClients() {
    var server = CA.issue(9, "CN=web", Tokens.P256, FROM, TO, List.of(usages(SERVER_AUTH)));
    assertThat(reason(rule, server, NOW)).isEqualTo(Reason.INVALID);
    var both =
        CA.issue(9, "CN=both", Tokens.P256, FROM, TO, List.of(usages(SERVER_AUTH, CLIENT_AUTH)));
    assertThat(rule.verify(List.of(both), NOW).subject()).isEqualTo("both");
  }

  @Test
  void theUserIsReadByRule() {
    var named =
        CA.issue(
            10,
            "CN=device-10",
            Tokens.P256,
            FROM,
            TO,
            List.of(usages(CLIENT_AUTH), names(6, "spiffe://example/d10")));
    assertThat(rule.subject(Subject.URI).verify(List.of(named), NOW).subject())
        .isEqualTo("spiffe://example/d10");
    assertThat(rule.subject(Subject.DISTINGUISHED_NAME).verify(List.of(DEVICE), NOW).subject())
        .isEqualTo("CN=device-7,O=Example");
    assertThat(reason(rule.subject(Subject.DNS), named, NOW)).isEqualTo(Reason.INVALID);
    var two =
        CA.issue(
            11, "CN=x", Tokens.P256, FROM, TO, List.of(names(1, "a@b.example", "c@d.example")));
    assertThat(reason(rule.subject(Subject.EMAIL), two, NOW)).isEqualTo(Reason.INVALID);
    var twice = CA.client(12, "CN=admin,CN=device-12", Tokens.P256, FROM, TO);
    assertThat(reason(rule, twice, NOW)).isEqualTo(Reason.INVALID);
  }

  @Test
  void revokedCertificatesAreRefusedAndListsAreReloaded(@TempDir Path folder) throws Exception {
    var file = folder.resolve("devices.crl");
    Files.write(file, CA.revoked(FROM, TO, 99));
    var listed = rule.revocationLists(file);
    assertThat(listed.verify(List.of(DEVICE), NOW).subject()).isEqualTo("device-7");
    Files.write(file, CA.revoked(FROM, TO, 7, 99));
    assertThat(listed.verify(List.of(DEVICE), NOW).subject()).isEqualTo("device-7");
    listed.reload();
    assertThat(reason(listed, DEVICE, NOW)).isEqualTo(Reason.REVOKED);
    Files.writeString(file, "no list");
    assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(listed::reload);
    assertThat(reason(listed, DEVICE, NOW)).isEqualTo(Reason.REVOKED);
  }

  @Test
  void anOldListOrAForeignOneRefuses(@TempDir Path folder) throws Exception {
    var file = folder.resolve("devices.crl");
    Files.write(file, CA.revoked(FROM.minusSeconds(60), NOW.minusSeconds(16 * 60)));
    assertThat(reason(rule.revocationLists(file), DEVICE, NOW)).isEqualTo(Reason.INVALID);
    Files.write(file, OTHER_CA.revoked(FROM, TO));
    assertThat(reason(rule.revocationLists(file), DEVICE, NOW)).isEqualTo(Reason.INVALID);
  }

  @Test
  void theHeaderCountsFromListedProxiesOnly() throws Exception {
    var proxy = InetAddress.getByName("10.0.0.1");
    var behind = rule.fromProxy("X-Client-Cert", List.of(proxy));
    var escaped = URLEncoder.encode(pem(DEVICE), StandardCharsets.UTF_8).replace("+", "%20");
    var structured = ":" + Base64.getEncoder().encodeToString(DEVICE.getEncoded()) + ":";
    for (var header : List.of(escaped, structured)) {
      var credentials = Credentials.builder().header("x-client-cert", header);
      assertThat(
              JwtTest.done(behind.authenticate(credentials.remoteAddress(proxy).build())).subject())
          .isEqualTo("device-7");
      var elsewhere = credentials.remoteAddress(InetAddress.getByName("10.0.0.2")).build();
      assertThat(JwtTest.failure(behind.authenticate(elsewhere)).reason())
          .isEqualTo(Reason.MISSING);
      assertThat(JwtTest.failure(rule.authenticate(elsewhere)).reason()).isEqualTo(Reason.MISSING);
    }
  }

  @Test
  void aBrokenOrDoubledHeaderIsRefused() throws Exception {
    var proxy = InetAddress.getByName("10.0.0.1");
    var behind = rule.fromProxy("X-Client-Cert", List.of(proxy));
    for (var header : List.of("", "::", ":AA:", "%", "%zz", "-----BEGIN", "x".repeat(20_000))) {
      var credentials =
          Credentials.builder().header("X-Client-Cert", header).remoteAddress(proxy).build();
      assertThat(JwtTest.failure(behind.authenticate(credentials)).reason())
          .isEqualTo(Reason.INVALID);
    }
    var structured = ":" + Base64.getEncoder().encodeToString(DEVICE.getEncoded()) + ":";
    var twice =
        Credentials.builder()
            .header("X-Client-Cert", structured)
            .header("X-Client-Cert", structured)
            .remoteAddress(proxy)
            .build();
    assertThat(JwtTest.failure(behind.authenticate(twice)).reason()).isEqualTo(Reason.INVALID);
  }

  @Test
  void theProxysOwnCertificateIsNotTheClients() throws Exception {
    var proxy = InetAddress.getByName("10.0.0.1");
    var behind = rule.fromProxy("X-Client-Cert", List.of(proxy));
    var credentials = Credentials.builder().certificates(DEVICE).remoteAddress(proxy).build();
    assertThat(JwtTest.failure(behind.authenticate(credentials)).reason())
        .isEqualTo(Reason.MISSING);
  }

  @Test
  void aBoundTokenIsGoodOnlyWithItsCertificate() {
    var jwt = Jwt.hs256(Tokens.SECRET_32).clock(() -> NOW).cache(10);
    var bound =
        Tokens.hs256(
            Tokens.CLAIMS.replace(
                "}", ",\"cnf\":{\"x5t#S256\":\"" + ClientCertificate.thumbprint(DEVICE) + "\"}}"));
    var other = CA.client(8, "CN=device-8", Tokens.P256, FROM, TO);
    var with = Credentials.token(bound).toBuilder();
    var identity = JwtTest.done(jwt.authenticate(with.certificates(DEVICE).build()));
    assertThat(identity.certificates()).containsExactly(DEVICE);
    assertThat(JwtTest.failure(jwt.authenticate(with.certificates(other).build())).reason())
        .isEqualTo(Reason.INVALID);
    assertThat(JwtTest.failure(jwt.authenticate(Credentials.token(bound))).reason())
        .isEqualTo(Reason.INVALID);
  }

  @Test
  void certificateAndTokenTogetherDemandBoth() throws Exception {
    var proxy = InetAddress.getByName("10.0.0.1");
    var jwt = Jwt.hs256(Tokens.SECRET_32).clock(() -> NOW);
    var both = Authenticator.allOf(rule.fromProxy("X-Client-Cert", List.of(proxy)), jwt);
    var bound =
        Tokens.hs256(
            Tokens.CLAIMS.replace(
                "}", ",\"cnf\":{\"x5t#S256\":\"" + ClientCertificate.thumbprint(DEVICE) + "\"}}"));
    var structured = ":" + Base64.getEncoder().encodeToString(DEVICE.getEncoded()) + ":";
    var complete =
        Credentials.token(bound).toBuilder()
            .header("X-Client-Cert", structured)
            .remoteAddress(proxy)
            .build();
    var identity = JwtTest.done(both.authenticate(complete));
    assertThat(identity.subject()).isEqualTo("ann");
    assertThat(identity.certificates()).containsExactly(DEVICE);
    assertThat(JwtTest.failure(both.authenticate(Credentials.token(bound))).reason())
        .isEqualTo(Reason.MISSING);
    var unbound = complete.toBuilder().token(Credentials.Way.MESSAGE, Tokens.hs256(Tokens.CLAIMS));
    assertThat(JwtTest.done(both.authenticate(unbound.build())).certificates())
        .containsExactly(DEVICE);
  }

  @Test
  void aWrongCredentialIsNotOutweighedByAnother() {
    var jwt = Jwt.hs256(Tokens.SECRET_32).clock(() -> NOW);
    var either = Authenticator.anyOf(jwt, rule);
    var certificateOnly = Credentials.builder().certificates(DEVICE).build();
    assertThat(JwtTest.done(either.authenticate(certificateOnly)).subject()).isEqualTo("device-7");
    var wrongToken = certificateOnly.toBuilder().token(Credentials.Way.MESSAGE, "wrong").build();
    assertThat(JwtTest.failure(either.authenticate(wrongToken)).reason()).isEqualTo(Reason.INVALID);
    assertThat(JwtTest.failure(either.authenticate(Credentials.none())).reason())
        .isEqualTo(Reason.MISSING);
  }

  private static Reason reason(ClientCertificate rule, X509Certificate certificate, Instant now) {
    var refusal =
        catchThrowableOfType(
            AuthenticationException.class, () -> rule.verify(List.of(certificate), now));
    assertThat(refusal).isNotNull();
    return refusal.reason();
  }

  private static String pem(X509Certificate certificate) throws Exception {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }
}
