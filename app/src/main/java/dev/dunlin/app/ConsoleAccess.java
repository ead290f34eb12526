package dev.dunlin.app;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.HttpRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who may use the console. In development whoever asks this machine by a name of its own, so that
 * no page of another site gets in by a name that leads here; otherwise whoever has logged in with
 * the password or shows a client certificate that is listed.
 */
final class ConsoleAccess implements Authenticator {

  /** How long a login lasts. */
  static final Duration LOGIN = Duration.ofHours(12);

  private static final String COOKIE = "dunlin_console";
  private static final String DEVELOPER = "developer";
  private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final int TOKEN_BYTES = 32;
  private static final int MAX_LOGINS = 1_000;

  private final boolean development;
  private final ApiKeys passwords;
  private final List<String> thumbprints;
  private final LongSupplier nanos;
  private final SecureRandom random = new SecureRandom();

  /** Guards {@link #logins}, the oldest of which ends when there are too many. */
  private final ReentrantLock lock = new ReentrantLock();

  /** When a login ends, by the digest of its token. */
  private final LinkedHashMap<String, Long> logins =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_LOGINS;
        }
      };

  private ConsoleAccess(
      boolean development, Secret password, List<String> thumbprints, LongSupplier nanos) {
    this.development = development;
    this.passwords = new ApiKeys(List.of(password), 10, nanos);
    this.thumbprints = List.copyOf(thumbprints);
    this.nanos = nanos;
  }

  /** Open to this machine. */
  static ConsoleAccess development() {
    return new ConsoleAccess(true, new Secret(""), List.of(), System::nanoTime);
  }

  /** Behind a password, certificates or both; nobody gets in if there is neither. */
  static ConsoleAccess guarded(Secret password, List<String> thumbprints, LongSupplier nanos) {
    return new ConsoleAccess(false, password, thumbprints, nanos);
  }

  /** Whether it is open to this machine. */
  boolean open() {
    return development;
  }

  /** Whether one can log in. */
  boolean password() {
    return passwords.present();
  }

  /** Who a request is from. */
  Optional<Identity> identify(HttpRequest request) {
    var credentials = Credentials.builder().certificates(request.certificates());
    request.headers().forEach(credentials::header);
    return identify(credentials.build());
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    return identify(credentials)
        .map(CompletableFuture::completedStage)
        .orElseGet(() ->
            CompletableFuture.failedStage(
                new AuthenticationException(
                    AuthenticationException.Reason.MISSING, "no login to the console")));
  }

  /** Who shows these credentials. */
  Optional<Identity> identify(Credentials credentials) {
    if (development) {
      return credentials.header("Host").stream().anyMatch(ConsoleAccess::own)
          ? Optional.of(new Identity(DEVELOPER, List.of(), "{}"))
          : Optional.empty();
    }
    var chain = credentials.certificates();
    if (!chain.isEmpty()) {
      var shown = chain.getFirst();
      boolean listed = false;
      for (var thumbprint : thumbprints) {
        listed |= ClientCertificate.hasThumbprint(shown, thumbprint);
      }
      if (listed) {
        return Optional.of(
            new Identity(ClientCertificate.thumbprint(shown), List.copyOf(chain), "{}"));
      }
    }
    return token(credentials)
        .map(ConsoleAccess::digest)
        .filter(this::loggedIn)
        .map(login -> new Identity(login, List.of(), "{}"));
  }

  /** Whether somebody who was let in may stay. */
  boolean stays(Identity identity) {
    return development || !identity.certificates().isEmpty() || loggedIn(identity.subject());
  }

  private static boolean own(String host) {
    int colon = host.lastIndexOf(':');
    return OWN_NAMES.contains(colon > host.lastIndexOf(']') ? host.substring(0, colon) : host);
  }

  private static Optional<String> token(Credentials credentials) {
    for (var line : credentials.header("Cookie")) {
      for (var pair : line.split(";", -1)) {
        var stripped = pair.strip();
        if (stripped.startsWith(COOKIE + "=")) {
          return Optional.of(stripped.substring(COOKIE.length() + 1));
        }
      }
    }
    return Optional.empty();
  }

  /** What a password is worth; an address that guesses is kept waiting. */
  ApiKeys.Verdict judge(String password, InetAddress address) {
    return passwords.judge(password, address);
  }

  /** A new login, as the cookie to set. */
  String login(boolean secure) {
    var bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    var token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    lock.lock();
    try {
      logins.put(digest(token), nanos.getAsLong() + LOGIN.toNanos());
    } finally {
      lock.unlock();
    }
    return cookie(token, LOGIN.toSeconds(), secure);
  }

  /** Ends a login: the cookie that makes the browser forget it. */
  String logout(Identity identity, boolean secure) {
    lock.lock();
    try {
      logins.remove(identity.subject());
    } finally {
      lock.unlock();
    }
    return cookie("", 0, secure);
  }

  private static String cookie(String token, long seconds, boolean secure) {
    return COOKIE
        + "="
        + token
        + "; Path=/console; HttpOnly; SameSite=Strict; Max-Age="
        + seconds
        + (secure ? "; Secure" : "");
  }

  private boolean loggedIn(String digest) {
    lock.lock();
    try {
      var end = logins.get(digest);
      if (end != null && nanos.getAsLong() - end >= 0) {
        logins.remove(digest);
        return false;
      }
      return end != null;
    } finally {
      lock.unlock();
    }
  }

  /** Only digests are kept: what a heap dump shows lets nobody in. */
  private static String digest(String token) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
