package dev.dunlin.conformance.sdk;

import java.time.Duration;

/** Tokens as an application's back end makes them. */
final class SdkTokens {

  private SdkTokens() {}

  /** A connection token; {@code more} are further claims, written {@code ,"name":value}. */
  static String connection(String user, Duration life, String more) {
    return Issuer.hs512(SdkServer.SECRET).token(user, life, more);
  }
}
