package dev.dunlin.conformance;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One opening handshake: a request and what is wrong with a response to it.
 *
 * @param complaint empty if the response is right
 */
record HandshakeCase(
    String id,
    String title,
    String clause,
    byte[] request,
    Function<Opening.Response, Optional<String>> complaint)
    implements Results.Subject {

  /** A right request for {@code %PATH} of {@code %HOST}, line by line, to be spoilt. */
  private static final List<String> RIGHT =
      List.of(
          "GET %PATH HTTP/1.1",
          "Host: %HOST",
          "Upgrade: websocket",
          "Connection: Upgrade",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: " + Opening.KEY);

  static Builder of(String id, String title, String clause) {
    return new Builder(id, title, clause);
  }

  /**
   * The request for a server; the pages of {@code http} that it names are {@code https} over TLS.
   */
  byte[] request(Target target) {
    var plain =
        new String(request(target.hostHeader(), target.path()), StandardCharsets.ISO_8859_1);
    var own = target.tls() ? plain.replace("Origin: http://", "Origin: https://") : plain;
    return own.getBytes(StandardCharsets.ISO_8859_1);
  }

  byte[] request(String host, String path) {
    return new String(request, StandardCharsets.ISO_8859_1)
        .replace("%HOST", host)
        .replace("%PATH", path)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  Verdict judge(Opening.Response response) {
    try {
      return complaint.apply(response).map(Verdict::fail).orElse(Verdict.OK);
    } catch (IllegalStateException e) {
      return Verdict.fail(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public String toString() {
    return id + " " + title;
  }

  /** A right request, changed line by line. */
  static final class Builder {
    private final String id;
    private final String title;
    private final String clause;
    private String lines = String.join("\r\n", RIGHT) + "\r\n";

    private Builder(String id, String title, String clause) {
      this.id = id;
      this.title = title;
      this.clause = clause;
    }

    /** Puts other lines in the place of a header, or of the request line ({@code GET}). */
    Builder replace(String name, String... others) {
      var out = new StringBuilder();
      for (var line : lines.split("(?<=\r\n)")) {
        if (line.startsWith(name)) {
          Arrays.stream(others).forEach(other -> out.append(other).append("\r\n"));
        } else {
          out.append(line);
        }
      }
      lines = out.toString();
      return this;
    }

    /** Adds lines at the end. */
    Builder add(String... others) {
      Arrays.stream(others).forEach(other -> lines += other + "\r\n");
      return this;
    }

    /** Adds octets as they are. */
    Builder addRaw(String raw) {
      lines += raw;
      return this;
    }

    Builder offer(String value) {
      return add("Sec-WebSocket-Extensions: " + value);
    }

    HandshakeCase expect(Function<Opening.Response, Optional<String>> complaint) {
      var request = (lines + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
      return new HandshakeCase(id, title, clause, request, complaint);
    }

    HandshakeCase accepted() {
      return accepted(agreed -> true);
    }

    HandshakeCase accepted(Function<Agreed, Boolean> right) {
      return expect(response -> {
        var agreed = response.agreed();
        return right.apply(agreed) ? Optional.empty() : Optional.of("agreed " + agreed);
      });
    }

    /** Accepted, but without compression. */
    HandshakeCase declined() {
      return accepted(agreed -> !agreed.deflate());
    }

    HandshakeCase refused(Integer... statuses) {
      return expect(response ->
          Arrays.asList(statuses).contains(response.status())
              ? Optional.empty()
              : Optional.of("status " + response.status()));
    }
  }
}
