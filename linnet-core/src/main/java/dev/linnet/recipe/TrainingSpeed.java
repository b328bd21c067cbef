package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.image.ColorMode;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.tensor.DType;
import java.util.Map;

/**
 * An estimate of how fast a network trains, from its multiply-accumulates (MACs).
 *
 * <pre>
 *   seconds a picture = 3 · MACs / (cores · rate) + overhead / cores
 * </pre>
 *
 * <p>The backward pass costs two forward passes: gradients of inputs and of weights. The rates are
 * set low, so that a run ends early rather than late.
 */
public final class TrainingSpeed {
  /**
   * MACs a second and core in training. Measured on two cores with matrix units, in bf16: 148e9 for
   * resnet20 at batch 128 (0.105 s a step), 240e9 for resnet50 at batch 16 (0.82 s a step).
   */
  private static final Map<DType, Double> MACS_A_SECOND =
      Map.of(DType.FLOAT32, 30e9, DType.BFLOAT16, 50e9, DType.FLOAT16, 30e9);

  /** Seconds of one core for a small picture beside the MACs: calls, crop, copy. Estimated. */
  private static final double SMALL_OVERHEAD = 80e-6;

  /** Seconds of one core for the crop and resize of a photo that is in memory. Estimated. */
  private static final double PHOTO_OVERHEAD = 1e-3;

  /** MACs of an evaluation in those of a training step. */
  private static final double EVALUATION = 1 / 3.0;

  private final Macs macs;
  private final MachineFacts machine;

  private TrainingSpeed(Macs macs, MachineFacts machine) {
    this.macs = macs;
    this.machine = machine;
  }

  /** Counts multiply-accumulates. */
  @FunctionalInterface
  public interface Macs {
    /** MACs of one forward pass of one picture of size × size pixels. */
    double of(String model, int size, ColorMode color);
  }

  /** The estimate for a machine, by the counts of networks as they are published. */
  public static TrainingSpeed of(MachineFacts machine) {
    return new TrainingSpeed(TrainingSpeed::published, machine);
  }

  private static double published(String model, int size, ColorMode color) {
    ModelOptions options = Zoo.find(model).options().withInChannels(color.channels());
    return Zoo.describe(model, options, size, size).macs();
  }

  /** This estimate by other counts, such as those for the classes of the data. */
  public TrainingSpeed withMacs(Macs counts) {
    return new TrainingSpeed(counts, machine);
  }

  /** The machine that the estimate is for. */
  MachineFacts machine() {
    return machine;
  }

  /**
   * Pictures a second in training.
   *
   * @param size height and width of the network's input, in pixels
   * @throws LinnetException if there is no such network, or it cannot take that size
   */
  public double picturesPerSecond(String model, int size, ColorMode color, DType dtype) {
    double rate = MACS_A_SECOND.getOrDefault(dtype, 30e9);
    double overhead = size <= Chooser.SMALL_SIDE ? SMALL_OVERHEAD : PHOTO_OVERHEAD;
    double coreSeconds = 3 * macs.of(model, size, color) / rate + overhead;
    return machine.cores() / coreSeconds;
  }

  /** Seconds of one epoch, its evaluation included. */
  double epochSeconds(DataFacts data, double picturesPerSecond) {
    return (data.training() + EVALUATION * data.validation()) / picturesPerSecond;
  }
}
