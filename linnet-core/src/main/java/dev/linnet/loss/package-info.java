/**
 * What training minimizes: functions of logits and targets whose result is one number.
 *
 * <p>What is only measured, without gradients, is in {@code metric}. Read first: {@link
 * dev.linnet.loss.Loss}, {@link dev.linnet.loss.CrossEntropy}. Used by {@code train} and above.
 */
@NullMarked
package dev.linnet.loss;

import org.jspecify.annotations.NullMarked;
