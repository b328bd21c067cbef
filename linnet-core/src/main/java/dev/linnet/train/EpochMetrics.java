package dev.linnet.train;

import java.util.Optional;

/**
 * One row of {@code metrics.csv}.
 *
 * @param epoch from 1
 * @param update updates made so far
 * @param lr learning rate of the last update
 * @param trainLoss mean over the epoch's pictures as they were trained on
 * @param trainTop1 percent, of the same
 * @param validation metrics of the validation pictures; empty without them
 * @param seconds time of the epoch, validation included
 * @param imagesPerSecond training pictures a second, without validation
 * @param dataWait share of the training time spent waiting for data, in [0, 1]
 * @param best whether these are the best weights so far
 */
public record EpochMetrics(
    int epoch,
    long update,
    double lr,
    double trainLoss,
    double trainTop1,
    Optional<Metrics> validation,
    double seconds,
    double imagesPerSecond,
    double dataWait,
    boolean best) {}
