package dev.dunlin.broker.nats;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The TLS that the driver is given: it compares the name of the host with the server's certificate,
 * which the driver does not ask of the sockets that it makes.
 */
final class NamedTls {

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> KEY_TYPES = List.of("RSA", "EC", "Ed25519");

  private NamedTls() {}

  /**
   * A context that trusts and shows what the options say.
   *
   * @throws IllegalArgumentException if a file is not what it should be; it names the option
   */
  static SSLContext context(NatsOptions.Tls tls) {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(keys(tls), authorities(tls.caPemFile()), null);
      return new SSLContext(new Spi(context), context.getProvider(), context.getProtocol()) {};
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static TrustManager @Nullable [] authorities(String file)
      throws GeneralSecurityException, IOException {
    if (file.isEmpty()) {
      return null; // those of the JVM
    }
    var store = emptyStore();
    var certificates = certificates("ca_pem_file", file);
    for (int i = 0; i < certificates.length; i++) {
      store.setCertificateEntry("authority " + i, certificates[i]);
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager @Nullable [] keys(NatsOptions.Tls tls)
      throws GeneralSecurityException, IOException {
    if (tls.keyPemFile().isEmpty()) {
      return null;
    }
    var store = emptyStore();
    var chain = certificates("cert_pem_file", tls.certPemFile());
    store.setKeyEntry("own", key(tls.keyPemFile()), new char[0], chain);
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Certificate[] certificates(String option, String file)
      throws GeneralSecurityException, IOException {
    var text = new ByteArrayInputStream(Files.readAllBytes(Path.of(file)));
    try {
      var found = CertificateFactory.getInstance("X.509").generateCertificates(text);
      if (!found.isEmpty()) {
        return found.toArray(Certificate[]::new);
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException(option + " cannot be understood: " + file, e);
    }
    throw new IllegalArgumentException(option + " has no certificate: " + file);
  }

  private static PrivateKey key(String file) throws GeneralSecurityException, IOException {
    var match = KEY.matcher(Files.readString(Path.of(file)));
    if (!match.find()) {
      throw new IllegalArgumentException(
          "key_pem_file has no PRIVATE KEY (openssl pkcs8 -topk8 -nocrypt): " + file);
    }
    var encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(match.group(1)));
    for (var type : KEY_TYPES) {
      try {
        return KeyFactory.getInstance(type).generatePrivate(encoded);
      } catch (GeneralSecurityException ofAnotherType) {
        // The encoding names its algorithm, and only the right factory takes it.
      }
    }
    throw new IllegalArgumentException(
        "key_pem_file holds no key of RSA, EC or Ed25519: " + file); // and says nothing of it
  }

  /** Sockets that compare names; everything else as the context has it. */
  private static final class Sockets extends SSLSocketFactory {

    private final SSLSocketFactory sockets;

    Sockets(SSLSocketFactory sockets) {
      this.sockets = sockets;
    }

    private static Socket named(Socket socket) {
      var tls = (SSLSocket) socket;
      var parameters = tls.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 6125, by the JDK's name for it
      tls.setSSLParameters(parameters);
      return tls;
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
        throws IOException {
      return named(sockets.createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return named(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return named(sockets.createSocket(host, port, local, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return named(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return named(sockets.createSocket(host, port, local, localPort));
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return sockets.getSupportedCipherSuites();
    }
  }

  private static final class Spi extends SSLContextSpi {

    private final SSLContext context;

    Spi(SSLContext context) {
      this.context = context;
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new Sockets(context.getSocketFactory());
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trust,
        @Nullable SecureRandom random)
        throws KeyManagementException {
      context.init(keys, trust, random);
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return context.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return context.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return context.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return context.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return context.getClientSessionContext();
    }
  }
}
