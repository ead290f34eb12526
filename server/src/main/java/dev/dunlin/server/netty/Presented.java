package dev.dunlin.server.netty;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Credentials;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.UpgradeRequest;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a peer presents with an upgrade, and what it hears if that is not enough. */
final class Presented {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  /** Browsers cannot set headers: the token is one of the subprotocols offered, after this one. */
  private static final String BEARER_SUBPROTOCOL = "bearer";

  private Presented() {}

  static Credentials by(UpgradeRequest request, Channel channel) {
    var credentials = Credentials.builder();
    request.headers().forEach(credentials::header);
    request.headers().first("Authorization").ifPresent(credentials::authorization);
    request.origin().ifPresent(credentials::origin);
    request.query("ticket").ifPresent(ticket -> credentials.token(Credentials.Way.TICKET, ticket));
    request.query("token").ifPresent(token -> credentials.token(Credentials.Way.QUERY, token));
    cookie(request, "token").ifPresent(value -> credentials.token(Credentials.Way.COOKIE, value));
    var offered = request.subprotocols();
    int bearer = offered.indexOf(BEARER_SUBPROTOCOL);
    if (bearer >= 0 && bearer + 1 < offered.size()) {
      credentials.token(Credentials.Way.SUBPROTOCOL, offered.get(bearer + 1));
    }
    if (channel.remoteAddress() instanceof InetSocketAddress address) {
      credentials.remoteAddress(address.getAddress());
    }
    return credentials.certificates(certificates(channel)).build();
  }

  private static java.util.Optional<String> cookie(UpgradeRequest request, String name) {
    for (var line : request.headers().all("Cookie")) {
      for (var pair : line.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
          return java.util.Optional.of(pair.substring(equals + 1).strip());
        }
      }
    }
    return java.util.Optional.empty();
  }

  /** The chain that the peer has shown and TLS has verified; empty if it has shown none. */
  static List<X509Certificate> certificates(Channel channel) {
    var tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      return List.of();
    }
    try {
      var chain = new ArrayList<X509Certificate>();
      for (Certificate certificate : tls.engine().getSession().getPeerCertificates()) {
        if (certificate instanceof X509Certificate x509) {
          chain.add(x509);
        }
      }
      return chain;
    } catch (SSLPeerUnverifiedException none) {
      return List.of();
    }
  }

  static Refusal refusal(Throwable failure, SocketAddress peer) {
    var why = AuthenticationException.of(failure);
    if (why.reason() == AuthenticationException.Reason.TEMPORARILY_UNAVAILABLE) {
      log.warn("Who {} is could not be decided: {}", peer, why.detail());
      return Refusal.busy(Duration.ofSeconds(2));
    }
    log.debug("{} was not let in: {}", peer, why.detail());
    return Refusal.of(401, String.valueOf(why.getMessage())).header("WWW-Authenticate", "Bearer");
  }
}
