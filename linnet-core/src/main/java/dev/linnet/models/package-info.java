/**
 * The networks, one file a family, and the zoo that finds them by name.
 *
 * <p>A network is a {@link dev.linnet.models.Classifier}: features, pool, head. What a name means
 * is in the family's table; arguments common to all are {@link dev.linnet.models.ModelOptions}.
 * Layers are in {@code nn}, files of weights in {@code weights}. Read first: {@link
 * dev.linnet.models.Zoo}, {@link dev.linnet.models.Classifier}, {@code ResNet}.
 */
@NullMarked
package dev.linnet.models;

import org.jspecify.annotations.NullMarked;
