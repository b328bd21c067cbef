package dev.linnet.train;

/**
 * What an evaluation measured.
 *
 * @param top1 percent of pictures whose best class is right
 * @param top5 percent whose five best classes hold the right one
 * @param loss mean cross entropy
 * @param images pictures, each counted once
 * @param seconds time it took
 */
public record Metrics(double top1, double top5, double loss, long images, double seconds) {
  /** Pictures a second. */
  public double imagesPerSecond() {
    return seconds > 0 ? images / seconds : 0;
  }
}
