/**
 * How well features separate classes, without training a network: a linear probe, nearest
 * neighbors, LogME. What computes features is {@link dev.linnet.train.FeatureExtractor}; who
 * decides by these figures is {@code search}.
 *
 * <p>Read first: {@link dev.linnet.train.probe.LinearProbe}, {@link dev.linnet.train.probe.LogMe}.
 * Whoever uses {@code train} may use this.
 */
@NullMarked
package dev.linnet.train.probe;

import org.jspecify.annotations.NullMarked;
