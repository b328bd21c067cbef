/**
 * How weights change: optimizers, groups of parameters, learning-rate schedules, gradient clipping,
 * weight averaging.
 *
 * <p>What the gradients are taken of is in {@code loss}; who calls whom, and when, is in {@code
 * train}. Each update is one native call a group over all its parameters. Read first: {@link
 * dev.linnet.optim.Optimizer}, {@link dev.linnet.optim.ParameterGroups}, {@link
 * dev.linnet.optim.Schedule}. Used by {@code train} and above.
 */
@NullMarked
package dev.linnet.optim;

import org.jspecify.annotations.NullMarked;
