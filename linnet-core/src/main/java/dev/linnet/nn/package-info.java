/**
 * Layers with weights, and how weights start.
 *
 * <p>A layer is declared first and gets its memory when its root is {@linkplain
 * dev.linnet.nn.Module#materialize materialized} on a device; networks are in {@code models}. Read
 * first: {@link dev.linnet.nn.Module}, {@link dev.linnet.nn.Parameter}, {@link
 * dev.linnet.nn.NormAct}.
 */
@NullMarked
package dev.linnet.nn;

import org.jspecify.annotations.NullMarked;
