package dev.dunlin.auth;

/**
 * A yes or no together with the rule that decided.
 *
 * @param allowed whether it may be done
 * @param because the rule that decided, for a log or an operator; contains no secret
 */
public record Decision(boolean allowed, String because) {

  static Decision allow(String because) {
    return new Decision(true, because);
  }

  static Decision refuse(String because) {
    return new Decision(false, because);
  }
}
