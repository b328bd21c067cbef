package dev.linnet.train;

import java.util.Optional;

/**
 * What an evaluation measured.
 *
 * @param top1 percent of pictures whose best class is right; of a network for similarity that of
 *     the nearest other picture, which is recall@1
 * @param top5 percent whose five best classes hold the right one; of a network for similarity
 *     recall@8
 * @param loss mean cross entropy; of a network for similarity 1 − mAP@R
 * @param images pictures, each counted once
 * @param seconds time it took
 * @param similarity of a network for similarity
 */
public record Metrics(
    double top1,
    double top5,
    double loss,
    long images,
    double seconds,
    Optional<SimilarityMetrics> similarity) {
  /** Of a network that names classes. */
  public Metrics(double top1, double top5, double loss, long images, double seconds) {
    this(top1, top5, loss, images, seconds, Optional.empty());
  }

  /** Of a network for similarity. */
  static Metrics of(SimilarityMetrics similarity, long images, double seconds) {
    return new Metrics(
        similarity.recallAt1(),
        similarity.recallAt8(),
        1 - similarity.mapAtR() / 100,
        images,
        seconds,
        Optional.of(similarity));
  }

  /** Pictures a second. */
  public double imagesPerSecond() {
    return seconds > 0 ? images / seconds : 0;
  }
}
