/**
 * What is measured of a classifier's answers, without gradients: accuracy, mean loss, confusion
 * matrix, calibration, the temperature that mends it, and how well scores tell foreign pictures.
 *
 * <p>A batch's logits are read once into {@link dev.linnet.metric.Predictions}; each {@link
 * dev.linnet.metric.Metric} adds them up, every image once. What training minimizes is in {@code
 * loss}. Read first: {@link dev.linnet.metric.Predictions}, {@link dev.linnet.metric.Metric},
 * {@link dev.linnet.metric.Accuracy}. Used by {@code train} and above.
 */
@NullMarked
package dev.linnet.metric;

import org.jspecify.annotations.NullMarked;
