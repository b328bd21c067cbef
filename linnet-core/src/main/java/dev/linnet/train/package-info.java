/**
 * The loop: one way to train a classifier, to evaluate it, and to go on where a run stopped.
 *
 * <p>Hooks are called in this order. {@link dev.linnet.train.TrainingListener#started}; for each
 * update: {@link dev.linnet.train.BatchTrick} draws and applies, {@link
 * dev.linnet.train.FeatureTrick} draws, {@link dev.linnet.train.Descent} says where the gradient is
 * taken, {@link dev.linnet.train.Objective} runs forward and makes the loss, backward, {@link
 * dev.linnet.optim.GradientRule}, optimizer, {@link dev.linnet.train.Averaging}, {@link
 * dev.linnet.train.TrainingListener#stepped}; at the end of an epoch: validation, best weights
 * saved, {@link dev.linnet.train.TrainingListener#epochEnded}, {@link
 * dev.linnet.train.TrainingListener#checkpointed}; at last {@link
 * dev.linnet.train.TrainingListener#ended}. No trick is known by name here; recipes turn names into
 * objects. Read first: {@link dev.linnet.train.Trainer}, {@link dev.linnet.train.Evaluator}.
 */
@NullMarked
package dev.linnet.train;

import org.jspecify.annotations.NullMarked;
