/**
 * What becomes of a classifier's answers when its pictures are covered, mixed, attacked or foreign,
 * and whether its confidence can be trusted: the measurements of the CutMix paper.
 *
 * <p>Part of the room {@code train}. Nothing here is used in training; the figures themselves are
 * computed in {@code metric}. Read first: {@link dev.linnet.train.robustness.RobustnessEvaluator},
 * {@link dev.linnet.train.robustness.Robustness}; docs/robustness.md says what each figure means.
 */
@NullMarked
package dev.linnet.train.robustness;

import org.jspecify.annotations.NullMarked;
