package dev.linnet.recipe;

import dev.linnet.image.ColorMode;
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

  private static final Macs TABLE = new Table();

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

  /** An estimate by a short table of residual networks; others count as resnet50. */
  public static TrainingSpeed of(MachineFacts machine) {
    return new TrainingSpeed(TABLE, machine);
  }

  /** This estimate by exact counts. */
  public TrainingSpeed withMacs(Macs counts) {
    return new TrainingSpeed(counts, machine);
  }

  /** The machine that the estimate is for. */
  MachineFacts machine() {
    return machine;
  }

  /** Pictures a second in training. */
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

  /** Counts at the size that the papers have; they grow with the number of pixels. */
  private static final class Table implements Macs {
    private record Count(double macs, int size) {}

    private static final Map<String, Count> COUNTS =
        Map.ofEntries(
            Map.entry("lenet5", new Count(416_520, 28)),
            Map.entry("resnet20", new Count(40_551_040, 32)),
            Map.entry("resnet32", new Count(68_862_592, 32)),
            Map.entry("resnet44", new Count(97_174_144, 32)),
            Map.entry("resnet56", new Count(125_485_696, 32)),
            Map.entry("resnet110", new Count(252_887_680, 32)),
            Map.entry("resnet18", new Count(1_814_073_344, 224)),
            Map.entry("resnet34", new Count(3_663_761_408.0, 224)),
            Map.entry("resnet50", new Count(4_089_184_256.0, 224)),
            Map.entry("resnet101", new Count(7_801_405_440.0, 224)),
            Map.entry("resnet152", new Count(11_513_626_624.0, 224)));

    @Override
    public double of(String model, int size, ColorMode color) {
      Count count = COUNTS.getOrDefault(model, new Count(4_089_184_256.0, 224));
      double scale = (double) size / count.size();
      return count.macs() * scale * scale;
    }
  }
}
