package dev.dunlin.conformance;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * The server under test, by its address.
 *
 * @param tls whether to speak TLS; any certificate is taken, the suite tests no trust
 */
record Target(String host, int port, String path, boolean tls) {

  /** The property that names another server, such as {@code ws://127.0.0.1:9001/}. */
  static final String PROPERTY = "dunlin.conformance.target";

  static Target of(String address) {
    var uri = URI.create(address);
    boolean tls = "wss".equals(uri.getScheme());
    if (!tls && !"ws".equals(uri.getScheme())) {
      throw new IllegalArgumentException(address + " begins with neither ws: nor wss:");
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
    var path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return new Target(uri.getHost(), port, path, tls);
  }

  /** The other server that was asked for. */
  static Optional<Target> asked() {
    return Optional.ofNullable(System.getProperty(PROPERTY)).map(Target::of);
  }

  String hostHeader() {
    return host + ":" + port;
  }

  Socket connect() throws IOException {
    var socket =
        tls ? trusting().getSocketFactory().createSocket(host, port) : new Socket(host, port);
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** A TLS context that takes any certificate. */
  static SSLContext trusting() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TakesAny()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  static final class TakesAny implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
