/** Benchmarks of single operations, with JMH. Whole steps are timed by {@code linnet bench}. */
@NullMarked
package dev.linnet.bench;

import org.jspecify.annotations.NullMarked;
