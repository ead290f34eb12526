package dev.dunlin.auth;

import static dev.dunlin.auth.AuthenticationException.invalid;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The registered claims of a token (RFC 7519, 4.1), each of the type the RFC gives it.
 *
 * <p>A NumericDate is a whole number of seconds from 0 to the end of the year 9999, spelled in
 * digits only: fractions, exponents and strings are refused because readers disagree on them.
 */
record Claims(
    Json.Obj all,
    @Nullable Instant expires,
    @Nullable Instant notBefore,
    @Nullable Instant issued,
    List<String> audience,
    @Nullable String thumbprint) {

  private static final long MAX_SECONDS = 253_402_300_799L;

  static Claims read(Json.Obj all) {
    for (var name : List.of("iss", "sub", "jti")) {
      if (all.has(name) && all.text(name) == null) {
        throw invalid("claim " + name + " is not a string");
      }
    }
    return new Claims(
        all, date(all, "exp"), date(all, "nbf"), date(all, "iat"), audienceOf(all), boundTo(all));
  }

  Optional<Instant> expiresAt() {
    return Optional.ofNullable(expires);
  }

  Optional<Instant> issuedAt() {
    return Optional.ofNullable(issued);
  }

  Optional<String> certificateThumbprint() {
    return Optional.ofNullable(thumbprint);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(all.text(name));
  }

  Optional<Instant> instant(String name) {
    return Optional.ofNullable(seconds(all.get(name)));
  }

  private static @Nullable Instant date(Json.Obj all, String name) {
    var value = all.get(name);
    if (value == null) {
      return null;
    }
    var date = seconds(value);
    if (date == null) {
      throw invalid("claim " + name + " is not a date");
    }
    return date;
  }

  private static @Nullable Instant seconds(@Nullable Json value) {
    if (!(value instanceof Json.Num(String literal)) || literal.length() > 12) {
      return null;
    }
    if (!literal.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    long seconds = Long.parseLong(literal);
    return seconds <= MAX_SECONDS ? Instant.ofEpochSecond(seconds) : null;
  }

  private static List<String> audienceOf(Json.Obj all) {
    var value = all.get("aud");
    if (value == null) {
      return List.of();
    }
    if (value instanceof Json.Str(String one)) {
      return List.of(one);
    }
    if (value instanceof Json.Arr(List<Json> several)
        && several.stream().allMatch(Json.Str.class::isInstance)) {
      return several.stream().map(each -> ((Json.Str) each).value()).toList();
    }
    throw invalid("claim aud is neither a string nor an array of strings");
  }

  private static @Nullable String boundTo(Json.Obj all) {
    var confirmation = all.get("cnf");
    if (confirmation == null) {
      return null;
    }
    if (!(confirmation instanceof Json.Obj members)) {
      throw invalid("claim cnf is not an object");
    }
    var thumbprint = members.text("x5t#S256");
    if (thumbprint == null && members.has("x5t#S256")) {
      throw invalid("claim cnf has a thumbprint that is not a string");
    }
    return thumbprint;
  }
}
