package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority of the tests and what it issues, as PEM files in a folder, made by openssl. */
public final class Pki {

  private static final String PASSWORD = "changeit";

  private final Path folder;

  /** An authority, in {@code ca.pem}. */
  public Pki(Path folder) throws Exception {
    this.folder = folder;
    openssl(
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=The authority of the tests",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign");
  }

  /** A certificate for localhost, in {@code NAME.pem} and {@code NAME.key}. */
  public void server(String name) throws Exception {
    issue(name, "localhost", "serverAuth", "DNS:localhost,IP:127.0.0.1");
  }

  /** A certificate of a client, in {@code NAME.pem} and {@code NAME.key}. */
  public void client(String name) throws Exception {
    issue(name, name, "clientAuth", "DNS:" + name);
  }

  private void issue(String file, String name, String usage, String alternative) throws Exception {
    openssl(
        "-keyout",
        file + ".key",
        "-out",
        file + ".pem",
        "-subj",
        "/CN=" + name,
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        "extendedKeyUsage=" + usage,
        "-addext",
        "subjectAltName=" + alternative);
  }

  private void openssl(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "2"));
    command.addAll(List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"));
    command.addAll(List.of(arguments));
    var log = folder.resolve("openssl.log");
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, Files.readString(log)).isZero();
  }

  /** The file of this name. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /** The certificate in {@code NAME.pem}. */
  public X509Certificate certificate(String name) throws IOException, GeneralSecurityException {
    try (var in = Files.newInputStream(file(name + ".pem"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /** A store that trusts the authority, for {@code javax.net.ssl.trustStore}. */
  public List<String> trusting() throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", certificate("ca"));
    var file = folder.resolve("trust.p12");
    try (var out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return List.of(
        "-Djavax.net.ssl.trustStore=" + file, "-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
  }

  /** TLS of the JDK for whoever has the certificate of this name, trusting the authority. */
  public SSLContext context(String name) throws IOException, GeneralSecurityException {
    var pem = Files.readString(file(name + ".key")).replaceAll("-----[A-Z ]+-----|\\s", "");
    var key =
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", certificate("ca"));
    store.setKeyEntry("it", key, PASSWORD.toCharArray(), new X509Certificate[] {certificate(name)});
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
