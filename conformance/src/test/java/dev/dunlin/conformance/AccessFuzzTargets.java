package dev.dunlin.conformance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Jwt;
import dev.dunlin.auth.Tickets;
import dev.dunlin.server.internal.ProxyHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the fuzzers of everything that decides who gets in call with any bytes at all: each compares
 * with a second opinion of its own.
 */
final class AccessFuzzTargets {

  private static final String SECRET = "0123456789abcdef".repeat(4);
  private static final Instant NOW = Instant.ofEpochSecond(1_900_000_000);
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final Jwt TOKENS =
      Jwt.hs512(SECRET).issuer("https://login.example").audience("chat").clock(() -> NOW);
  private static final InetAddress PROXY = address(10, 0, 0, 1);
  private static final InetAddress STRANGER = address(192, 0, 2, 1);

  private AccessFuzzTargets() {}

  private static InetAddress address(int... octets) {
    var bytes = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  // ---- tokens

  /** A text that claims to be a token: accepted only if it was signed here, over just these. */
  static void token(byte[] bytes) {
    var text = new String(bytes, ISO_8859_1);
    if (verified(text).isPresent()) {
      var parts = text.split("\\.", -1);
      require(parts.length == 3, "accepted with " + parts.length + " parts");
      require(text.equals(signed(parts[0] + "." + parts[1])), "accepted and not signed");
      agreed(Base64.getUrlDecoder().decode(parts[1]));
    }
  }

  /** Header and claims, divided by the first line feed, and signed as they are. */
  static void signedToken(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    var header = Arrays.copyOf(bytes, end);
    var claims = Arrays.copyOfRange(bytes, Math.min(end + 1, bytes.length), bytes.length);
    var text = signed(base64(header) + "." + base64(claims));
    if (verified(text).isPresent()) {
      var read = json(header);
      require(read.path("alg").asString("").equals("HS512"), "accepted with header " + read);
      for (var name : List.of("crit", "b64", "zip", "enc")) {
        require(!read.has(name), "accepted with " + name);
      }
      agreed(claims);
    }
  }

  private static Optional<Identity> verified(String text) {
    return answered(TOKENS, Credentials.token(text));
  }

  /** Who it is, or nobody: with a reason, and words that depend on the reason alone. */
  private static Optional<Identity> answered(Authenticator authenticator, Credentials shown) {
    try {
      var stage = authenticator.authenticate(shown).toCompletableFuture();
      require(stage.isDone(), "undecided");
      return Optional.of(stage.join());
    } catch (AuthenticationException | CompletionException failure) {
      var cause = failure instanceof CompletionException ? failure.getCause() : failure;
      require(cause instanceof AuthenticationException, "failed with " + cause);
      var refused = (AuthenticationException) cause;
      require(
          String.valueOf(refused.getMessage())
              .equals(new AuthenticationException(refused.reason(), "another").getMessage()),
          "said: " + refused.getMessage());
      return Optional.empty();
    }
  }

  /** A second reader finds in accepted claims what they must have. */
  private static void agreed(byte[] claims) {
    var read = json(claims);
    require(read.path("sub").isString(), "accepted without a subject");
    require(read.path("iss").asString("").equals("https://login.example"), "another issuer");
    var audience = read.path("aud");
    boolean meant = audience.asString("").equals("chat");
    for (var each : audience) {
      meant |= each.asString("").equals("chat");
    }
    require(meant, "accepted for " + audience);
    var leeway = Duration.ofSeconds(5);
    require(
        read.path("exp").isIntegralNumber()
            && read.path("exp").asLong() > NOW.minus(leeway).getEpochSecond(),
        "accepted until " + read.path("exp"));
    require(
        !read.has("nbf") || read.path("nbf").asLong() <= NOW.plus(leeway).getEpochSecond(),
        "accepted before its time");
  }

  private static JsonNode json(byte[] bytes) {
    return JSON.readTree(new String(bytes, UTF_8));
  }

  private static String signed(String input) {
    try {
      var mac = Mac.getInstance("HmacSHA512");
      mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA512"));
      return input + "." + base64(mac.doFinal(input.getBytes(ISO_8859_1)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  // ---- tickets

  /** Any order of issuing, using, guessing and waiting: a model knows which tickets are good. */
  static void tickets(byte[] bytes) {
    var now = new Instant[] {NOW};
    var tickets = Tickets.create(() -> now[0], Duration.ofSeconds(30), 8);
    var issued = new ArrayList<String>();
    var good = new HashMap<String, Instant>();
    for (int i = 0; i < bytes.length; i++) {
      int what = bytes[i] & 3;
      int which = (bytes[i] & 0xff) >> 2;
      var time = now[0];
      good.values().removeIf(end -> !time.isBefore(end));
      switch (what) {
        case 0 -> {
          var ticket = tickets.issue(new Identity("user-" + issued.size(), List.of(), "{}"));
          require(ticket.isPresent() == good.size() < 8, "issued: " + ticket.isPresent());
          ticket.ifPresent(text -> {
            require(!issued.contains(text), "the same twice");
            good.put(text, time.plusSeconds(30));
            issued.add(text);
          });
        }
        case 1 -> {
          if (!issued.isEmpty()) {
            int at = which % issued.size();
            var owner =
                answered(
                    tickets,
                    Credentials.builder().token(Credentials.Way.TICKET, issued.get(at)).build());
            require(
                owner.isPresent() == (good.remove(issued.get(at)) != null),
                "let in: " + owner.isPresent());
            owner.ifPresent(
                it -> require(it.subject().equals("user-" + at), "let in as " + it.subject()));
          }
        }
        case 2 -> {
          var guess = new String(bytes, i, Math.min(22, bytes.length - i), ISO_8859_1);
          require(issued.contains(guess) || tickets.redeem(guess).isEmpty(), "let in with a guess");
        }
        default -> now[0] = time.plusSeconds(which);
      }
      require(tickets.size() <= 8, "waiting: " + tickets.size());
    }
  }

  // ---- certificates

  /** A header of a listed proxy: only what encodes the very certificate is its holder. */
  static void certificateHeader(byte[] bytes) {
    var shown =
        Credentials.builder()
            .remoteAddress(PROXY)
            .header("Client-Cert", new String(bytes, ISO_8859_1))
            .build();
    var who = answered(Certificates.RULE, shown);
    who.ifPresent(it -> {
      require(it.subject().equals("device-7"), "let in as " + it.subject());
      require(
          ClientCertificate.hasThumbprint(it.certificates().getFirst(), Certificates.HOLDER),
          "with another certificate");
    });
    require(
        answered(Certificates.RULE, shown.toBuilder().remoteAddress(STRANGER).build()).isEmpty(),
        "believed from anywhere");
  }

  /** Read when the first certificate is looked at. */
  private static final class Certificates {
    /** The thumbprint of the certificate that is stored as an input. */
    private static final String HOLDER = "kHtudNFuwXABj4jcI3PeE7YHAmupyCjZTFy-w1lXr2w";

    private static final ClientCertificate RULE =
        ClientCertificate.issuedBy(text("authority-of-the-fuzzer.pem"))
            .clock(() -> NOW)
            .fromProxy("Client-Cert", PROXY::equals);

    private static String text(String name) {
      try (var in = AccessFuzzTargets.class.getResourceAsStream(name)) {
        return new String(in.readAllBytes(), UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  // ---- the PROXY protocol

  /** The first bytes of a connection: judged alike however few of them have come. */
  static void proxyHeader(byte[] bytes) {
    Optional<String> first = Optional.empty();
    for (int length = 0; length <= Math.min(bytes.length, 2200); length++) {
      var in = ByteBuffer.wrap(bytes, 0, length).asReadOnlyBuffer();
      var read = ProxyHeader.read(in);
      require(in.position() == 0, "read from the buffer");
      if (read instanceof ProxyHeader.Complete complete) {
        require(complete.bytes() == length || first.isPresent(), "complete before its end");
      }
      require(
          first.isEmpty() || first.get().equals(read.toString()),
          "was " + first + " and is " + read);
      if (!(read instanceof ProxyHeader.NeedMore)) {
        first = Optional.of(read.toString());
      }
    }
    require(first.isPresent() || bytes.length < 2200, "never enough");
  }

  private static void require(boolean claim, String otherwise) {
    if (!claim) {
      throw new AssertionError(otherwise);
    }
  }
}
