package dev.linnet.recipe;

import dev.linnet.data.Split;
import java.util.List;
import java.util.Optional;

/**
 * Which strategy fits weights and data, and what says so: the four quadrants of transfer learning,
 * small or large data, similar or different pictures, told by measuring.
 *
 * @param levels what the features of each depth are worth, from the input to the head
 * @param neighbors accuracy of the nearest neighbors by the last features, each training picture by
 *     the others, in percent
 * @param baseline what needs no training, on pictures that are not trained, where there are any
 * @param pictures that are trained
 * @param size small or large
 * @param similarity of the data to what the weights were trained on
 * @param strategy what is recommended
 * @param reason why, in a sentence
 */
public record TransferAdvice(
    List<Level> levels,
    double neighbors,
    Optional<Baseline> baseline,
    int pictures,
    Size size,
    Similarity similarity,
    Strategy strategy,
    String reason) {
  public TransferAdvice {
    levels = List.copyOf(levels);
  }

  /**
   * What the last features give without training the network.
   *
   * @param split whose pictures were asked
   * @param probe accuracy of the linear probe, in percent
   * @param neighbors accuracy of the nearest neighbors, in percent
   */
  public record Baseline(Split split, double probe, double neighbors) {}

  /** How many pictures there are. */
  public enum Size {
    SMALL,
    LARGE
  }

  /** How like the data are to what the weights were trained on. */
  public enum Similarity {
    SIMILAR,
    DIFFERENT
  }

  /**
   * Features of one depth.
   *
   * @param layer full name of the module
   * @param width numbers a picture
   * @param probe accuracy of a linear probe in cross-validation, in percent
   * @param logMe evidence a picture: larger is better
   */
  public record Level(String layer, int width, double probe, double logMe) {}
}
