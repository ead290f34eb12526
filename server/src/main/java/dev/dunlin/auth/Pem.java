package dev.dunlin.auth;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads public keys and certificates from PEM text (RFC 7468). */
final class Pem {

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
  private static final List<String> KEY_TYPES = List.of("RSA", "EC", "Ed25519");

  private Pem() {}

  static PublicKey publicKey(String pem) {
    var match = BLOCK.matcher(pem);
    if (!match.find()) {
      throw new IllegalArgumentException("no PEM block (-----BEGIN PUBLIC KEY-----) found");
    }
    var label = match.group(1);
    var der = der(match.group(2));
    return switch (label) {
      case "CERTIFICATE" -> certificate(der).getPublicKey();
      case "PUBLIC KEY" -> subjectPublicKey(der);
      default ->
          throw new IllegalArgumentException(
              "the PEM block is a "
                  + label
                  + "; needed is a PUBLIC KEY (openssl pkey -pubout) or a CERTIFICATE");
    };
  }

  /** Every certificate in the text, in order. */
  static List<X509Certificate> certificates(String pem) {
    var certificates = new ArrayList<X509Certificate>();
    var match = BLOCK.matcher(pem);
    while (match.find()) {
      if (match.group(1).equals("CERTIFICATE")) {
        certificates.add(certificate(der(match.group(2))));
      }
    }
    return certificates;
  }

  static X509Certificate certificate(byte[] der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an X.509 certificate", e);
    }
  }

  private static byte[] der(String body) {
    return Base64.getMimeDecoder().decode(body.getBytes(StandardCharsets.US_ASCII));
  }

  private static PublicKey subjectPublicKey(byte[] der) {
    var spec = new X509EncodedKeySpec(der);
    @Nullable GeneralSecurityException refused = null;
    for (var type : KEY_TYPES) {
      try {
        return KeyFactory.getInstance(type).generatePublic(spec);
      } catch (GeneralSecurityException e) {
        refused = e; // the encoding names its algorithm, and only the right factory takes it
      }
    }
    throw new IllegalArgumentException(
        "the PEM public key is neither RSA nor EC nor Ed25519", refused);
  }
}
