package dev.dunlin.auth;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;

/** Issues certificates and revocation lists, written in DER here (RFC 5280, 4.1 and 5.1). */
final class TestCertificates {

  /** sha256WithRSAEncryption, with its NULL parameter. */
  private static final byte[] SHA256_RSA =
      sequence(oid(new int[] {1, 2, 840, 113549, 1, 1, 11}), tagged(5));

  static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

  private final String issuer;
  private final KeyPair issuerKeys;

  /** The authority's own certificate. */
  final X509Certificate authority;

  TestCertificates(String issuer, KeyPair issuerKeys, Instant from, Instant to) {
    this.issuer = issuer;
    this.issuerKeys = issuerKeys;
    var ca = extension("2.5.29.19", true, sequence(new byte[] {1, 1, (byte) 0xff}));
    // keyCertSign and cRLSign
    var usage = extension("2.5.29.15", true, new byte[] {3, 2, 1, 6});
    authority = issue(1, issuer, issuerKeys, from, to, List.of(ca, usage));
  }

  X509Certificate client(int serial, String subject, KeyPair keys, Instant from, Instant to) {
    return issue(serial, subject, keys, from, to, List.of(usages(CLIENT_AUTH)));
  }

  X509Certificate issue(
      int serial, String subject, KeyPair keys, Instant from, Instant to, List<byte[]> extensions) {
    var tbs =
        sequence(
            tagged(0xa0, new byte[] {2, 1, 2}),
            integer(BigInteger.valueOf(serial)),
            SHA256_RSA,
            new X500Principal(issuer).getEncoded(),
            sequence(time(from), time(to)),
            new X500Principal(subject).getEncoded(),
            keys.getPublic().getEncoded(),
            tagged(0xa3, sequence(extensions.toArray(byte[][]::new))));
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(signed(tbs)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A revocation list in DER. */
  byte[] revoked(Instant from, Instant next, int... serials) {
    var entries = new ArrayList<byte[]>();
    for (int serial : serials) {
      entries.add(sequence(integer(BigInteger.valueOf(serial)), time(from)));
    }
    var parts = new ArrayList<byte[]>();
    parts.add(integer(BigInteger.ONE));
    parts.add(SHA256_RSA);
    parts.add(new X500Principal(issuer).getEncoded());
    parts.add(time(from));
    parts.add(time(next));
    if (!entries.isEmpty()) {
      parts.add(sequence(entries.toArray(byte[][]::new)));
    }
    return signed(sequence(parts.toArray(byte[][]::new)));
  }

  static byte[] usages(String... oids) {
    var parts = new byte[oids.length][];
    for (int i = 0; i < oids.length; i++) {
      parts[i] = oid(oids[i]);
    }
    return extension("2.5.29.37", false, sequence(parts));
  }

  /** Alternative names: kind 1 e-mail, 2 DNS, 6 URI. */
  static byte[] names(int kind, String... names) {
    var parts = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      parts[i] = tagged(0x80 | kind, names[i].getBytes(StandardCharsets.US_ASCII));
    }
    return extension("2.5.29.17", false, sequence(parts));
  }

  static byte[] address(int... octets) {
    var bytes = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    return extension("2.5.29.17", false, sequence(tagged(0x87, bytes)));
  }

  /** TLS for a server with this certificate, which is also the only one trusted. */
  static SSLContext tls(X509Certificate certificate, KeyPair keys) {
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      var password = new char[0];
      store.setKeyEntry("key", keys.getPrivate(), password, new Certificate[] {certificate});
      store.setCertificateEntry("trusted", certificate);
      var own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      own.init(store, password);
      var trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trusted.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] signed(byte[] tbs) {
    try {
      var signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(issuerKeys.getPrivate());
      signature.update(tbs);
      var bits = new ByteArrayOutputStream();
      bits.write(0);
      bits.writeBytes(signature.sign());
      return sequence(tbs, SHA256_RSA, tagged(3, bits.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] extension(String oid, boolean critical, byte[] value) {
    return critical
        ? sequence(oid(oid), new byte[] {1, 1, (byte) 0xff}, tagged(4, value))
        : sequence(oid(oid), tagged(4, value));
  }

  private static byte[] time(Instant instant) {
    var text =
        DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC)
            .format(instant);
    return tagged(0x18, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] integer(BigInteger value) {
    return tagged(2, value.toByteArray());
  }

  private static byte[] oid(String dotted) {
    return oid(java.util.Arrays.stream(dotted.split("\\.")).mapToInt(Integer::parseInt).toArray());
  }

  private static byte[] oid(int[] arcs) {
    var out = new ByteArrayOutputStream();
    out.write(arcs[0] * 40 + arcs[1]);
    for (int i = 2; i < arcs.length; i++) {
      for (int shift = 28; shift > 0; shift -= 7) {
        if (arcs[i] >> shift != 0) {
          out.write(0x80 | arcs[i] >> shift & 0x7f);
        }
      }
      out.write(arcs[i] & 0x7f);
    }
    return tagged(6, out.toByteArray());
  }

  private static byte[] sequence(byte[]... parts) {
    return tagged(0x30, parts);
  }

  private static byte[] tagged(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (var part : parts) {
      content.writeBytes(part);
    }
    var out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.size();
    if (length >= 256) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 128) {
      out.write(0x81);
    }
    out.write(length & 0xff);
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
