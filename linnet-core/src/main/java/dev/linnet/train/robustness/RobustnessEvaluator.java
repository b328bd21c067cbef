package dev.linnet.train.robustness;

import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures what becomes of a classifier's answers when its pictures are covered, mixed, attacked or
 * foreign. Each picture is read twice, once as itself and once as somebody's partner.
 *
 * <p>Yun et al., ICCV 2019, arXiv:1905.04899, §4.4 and appendix E. The model is left in evaluation
 * mode. The same seed gives the same figures. One thread at a time.
 */
public final class RobustnessEvaluator {
  private final Classifier model;
  private final Device device;
  private final DType dtype;
  private final Input input;
  private final RobustnessPlan plan;

  /**
   * @param model materialized on the device
   * @param dtype type of convolutions and matrix products
   */
  public RobustnessEvaluator(
      Classifier model, Device device, DType dtype, Input input, RobustnessPlan plan) {
    this.model = model;
    this.device = device;
    this.dtype = dtype;
    this.input = input;
    this.plan = plan;
  }

  /**
   * How pictures are read.
   *
   * @param reading how each becomes input
   * @param batch pictures at once, at least 1
   * @param workers threads that read
   * @param bad how many broken ones are borne in each set
   * @param warnings hears one line for each broken picture
   */
  public record Input(
      PictureLoader.Reading reading,
      int batch,
      int workers,
      BadPictures.Limit bad,
      Consumer<String> warnings) {

    PictureLoader loader(PictureSet set, BadPictures broken) {
      PictureLoader.Options options =
          new PictureLoader.Options(batch, PictureLoader.Order.SEQUENTIAL, 0, workers);
      return new PictureLoader(set, reading, options, broken);
    }

    BadPictures bad(PictureSet set) {
      return new BadPictures(bad, set.size(), warnings);
    }
  }

  /**
   * The pictures.
   *
   * @param test what is measured; labels are the network's
   * @param validation other pictures, on which the temperature is fitted; without them it is fitted
   *     on a half of {@code test} and calibration is measured on the other
   * @param foreign pictures that are none of the classes, beside those that are made without data;
   *     of each as many are read as {@code test} has, by seed
   */
  public record Sets(PictureSet test, Optional<PictureSet> validation, List<Named> foreign) {
    public Sets {
      foreign = List.copyOf(foreign);
    }

    /** Pictures with the name that the figures have. */
    public record Named(String name, PictureSet set) {}
  }

  /** What hears how far a measurement is. */
  @FunctionalInterface
  public interface Watcher {
    /**
     * Called after each pass of a batch through the network.
     *
     * @param doing what is going on, such as {@code picture 128 of 10000}
     * @param done share of the work, in [0, 1]
     * @param secondsLeft about; infinite at first
     */
    void measured(String doing, double done, double secondsLeft);
  }

  /**
   * Measures.
   *
   * @throws LinnetException if there are fewer than two pictures or classes, or too many broken
   *     pictures
   */
  public Robustness run(Sets sets, Watcher watcher) {
    check(sets.test());
    try (Probe probe = new Probe(model, device, dtype, input.reading().normalization())) {
      return new Measurement(probe, input, plan, sets, watcher).run();
    }
  }

  private static void check(PictureSet test) {
    if (test.size() < 2) {
      throw new LinnetException(
          "robustness: got %d picture%s; needs 2 or more, of 2 or more classes"
              .formatted(test.size(), test.size() == 1 ? "" : "s"));
    }
    int first = test.label(0);
    if (IntStream.range(1, test.size()).allMatch(i -> test.label(i) == first)) {
      throw new LinnetException(
          "robustness: all %d pictures are of the class \"%s\"; needs 2 or more classes, as pairs of them are mixed"
              .formatted(test.size(), test.classes().get(first)));
    }
  }
}
