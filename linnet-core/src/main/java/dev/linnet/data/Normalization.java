package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * How levels 0 … 255 become a network's input: {@code (x / 255 − mean) / std} per channel.
 *
 * @param mean of levels divided by 255, one a channel
 * @param std deviation of levels divided by 255, one a channel, above 0
 */
public record Normalization(List<Double> mean, List<Double> std) {
  /** Of ImageNet's training pictures; what most published weights expect. */
  public static final Normalization IMAGENET =
      new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    Check.that(
        mean.size() == std.size() && (mean.size() == 1 || mean.size() == 3),
        "mean and std",
        mean.size() + " and " + std.size() + " numbers",
        "1 or 3 numbers each");
    Check.that(
        mean.stream().allMatch(m -> Double.isFinite(m)), "mean", mean, "numbers that are finite");
    Check.that(
        std.stream().allMatch(s -> s > 0 && Double.isFinite(s)), "std", std, "numbers above 0");
  }

  /** The number of channels. */
  public int channels() {
    return mean.size();
  }

  /** uint8 [N, C, H, W] to a network's input on a device: float32, channels-last. */
  public Tensor prepare(Tensor images, Device device) {
    return apply(images.sendTo(device)).channelsLast();
  }

  /**
   * Levels [N, C, H, W] in [0, 255] to a network's input of the same shape and layout, bit for bit
   * as {@link #prepare}; what is recorded for differentiation goes through it.
   *
   * @param levels float32
   */
  public Tensor normalize(Tensor levels) {
    Affine affine = affine(levels.device(), 1);
    return levels.mulAdd(affine.factor(), affine.offset());
  }

  /**
   * uint8 [N, C, H, W] to float32 of the same shape and layout. Factor and offset are as long as
   * rows, pixel by pixel: libtorch has loops over whole rows for that, and over three numbers
   * otherwise, which takes five times as long.
   */
  Tensor apply(Tensor images) {
    Affine affine = affine(images.device(), Math.toIntExact(images.dim(3)));
    return images.to(DType.FLOAT32).mulAddInPlace(affine.factor(), affine.offset());
  }

  /** What levels are multiplied with, and what is added then; each [1, C, 1, width]. */
  private record Affine(Tensor factor, Tensor offset) {}

  private Affine affine(Device device, int width) {
    float[] scale = new float[width * channels()];
    float[] shift = new float[width * channels()];
    for (int i = 0; i < scale.length; i++) {
      int c = i % channels();
      scale[i] = (float) (1 / (255 * std.get(c)));
      shift[i] = (float) (-mean.get(c) / std.get(c));
    }
    return new Affine(row(scale, width).to(device), row(shift, width).to(device));
  }

  /** [1, C, 1, width] of numbers that stand pixel by pixel. */
  private Tensor row(float[] numbers, int width) {
    return Tensor.of(numbers, 1, 1, width, channels()).permute(0, 3, 1, 2);
  }
}
