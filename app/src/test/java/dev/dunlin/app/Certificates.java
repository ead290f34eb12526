package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority and what it issues, made by openssl as the guide does it, as PEM files. */
final class Certificates {

  private static final String NEW_KEY =
      "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ";

  private final Path folder;

  Certificates(Path folder) throws Exception {
    this.folder = Files.createDirectories(folder);
    openssl("req -x509 " + NEW_KEY + "-subj /CN=Authority -keyout ca.key -out ca.crt");
  }

  Path authority() {
    return folder.resolve("ca.crt");
  }

  Path certificate(String name) {
    return folder.resolve(name + ".crt");
  }

  Path key(String name) {
    return folder.resolve(name + ".key");
  }

  /** Makes a certificate and its key, good for localhost. */
  Certificates issue(String name) throws Exception {
    Files.writeString(folder.resolve("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
    openssl("req %s -subj /CN=%s -keyout %s.key -out %s.csr".formatted(NEW_KEY, name, name, name));
    openssl(
        ("x509 -req -in %s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext"
                + " -out %s.crt")
            .formatted(name, name));
    return this;
  }

  /** Withdraws a certificate: the next list names it. */
  Certificates revoke(String name) throws Exception {
    lists();
    openssl("ca -config lists.conf -revoke %s.crt".formatted(name));
    return this;
  }

  /** The list of certificates withdrawn so far. */
  Path revocationList() throws Exception {
    lists();
    openssl("ca -config lists.conf -gencrl -out ca.crl");
    return folder.resolve("ca.crl");
  }

  private void lists() throws Exception {
    if (Files.notExists(folder.resolve("index.txt"))) {
      Files.createFile(folder.resolve("index.txt"));
      Files.writeString(folder.resolve("number"), "01");
      Files.writeString(
          folder.resolve("lists.conf"),
          """
          [ca]
          default_ca = own
          [own]
          database = index.txt
          crlnumber = number
          certificate = ca.crt
          private_key = ca.key
          default_md = sha256
          default_crl_days = 2
          """);
    }
  }

  private void openssl(String arguments) throws Exception {
    var command = new ArrayList<String>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" +")));
    var log = folder.resolve("openssl.log");
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(() -> said(log)).isZero();
  }

  private static String said(Path log) {
    try {
      return Files.readString(log);
    } catch (java.io.IOException unreadable) {
      return unreadable.toString();
    }
  }

  X509Certificate read(String name) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(certificate(name))));
  }

  /** What trusts the authority of {@code server} and shows a certificate; none if it is empty. */
  SSLContext client(Certificates server, String name) throws Exception {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", server.read("ca"));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    if (!name.isEmpty()) {
      var pem = Files.readString(key(name)).replaceAll("-----[A-Z ]+-----|\\s", "");
      var key =
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
      own.setKeyEntry("own", key, new char[0], new Certificate[] {read(name)});
    }
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, new char[0]);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
