package dev.linnet.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A property that holds for many seeds: the test runs once a seed, 0 … value − 1, which it takes as
 * a {@code long} or as a {@code RandomState}. A failure says its seed; {@code -Dlinnet.seed=17}
 * runs that one alone.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(SeedsExtension.class)
public @interface Seeds {
  /** How many seeds, at least 1. */
  int value();
}
