package dev.dunlin.app;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a component of a configuration record is: reader, printer and reference page are made from
 * it. The name of the option is the component's in snake case.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Option {

  /** What it sets, in one sentence without a full stop. */
  String value();

  /** The default as one would write it in the file; empty for none. */
  String fallback() default "";

  /** What happens beyond the limit, or otherwise follows from setting it. */
  String consequence() default "";

  /** The least value of a number, a size in bytes or a time in milliseconds. */
  long least() default 0;

  /** Whether the number counts bytes, and may be written as {@code 64KiB}. */
  boolean bytes() default false;

  /** Whether SIGHUP changes it in a running server. */
  boolean reloads() default false;
}
