/**
 * What every room needs: checks of values, the errors that a user can mend, counter-based
 * randomness, atomic files; in {@code base.internal}, fetching over HTTP.
 *
 * <p>Nothing here knows tensors, pictures or networks. Read first: {@link
 * dev.linnet.base.LinnetException}, {@link dev.linnet.base.Check}, {@link
 * dev.linnet.base.RandomState}. Every room may use it; it uses none.
 */
@NullMarked
package dev.linnet.base;

import org.jspecify.annotations.NullMarked;
