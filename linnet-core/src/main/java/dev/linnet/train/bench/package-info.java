/**
 * How fast this machine trains, predicts and reads pictures, and on what a step spends its time:
 * the same nets, shapes and steps as the PyTorch scripts that Linnet is compared with.
 *
 * <p>Part of the room {@code train}. Nothing here is used in training. Read first: {@link
 * dev.linnet.train.bench.StepBench}, {@link dev.linnet.train.bench.StepProfile}, {@link
 * dev.linnet.train.bench.DataBench}.
 */
@NullMarked
package dev.linnet.train.bench;

import org.jspecify.annotations.NullMarked;
