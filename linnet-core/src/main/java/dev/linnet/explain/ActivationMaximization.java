package dev.linnet.explain;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.data.Normalization;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.PoolRounding;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes pictures that excite units of a network: what a unit responds to, without any data.
 *
 * <pre>
 *   x ← (1 − λ) x + η g / rms(g),   g = blur(∂ mean(a_u(shift(x))) / ∂x),   x₀ = noise
 * </pre>
 *
 * <p>Erhan et al., 2009; shifts and smoothed gradients: Olah, Mordvintsev and Schubert, Distill
 * 2017. Card: docs/explain/activation-maximization.md.
 *
 * @param steps of the ascent, at least 1
 * @param rate η, of normalized pictures
 * @param decay λ, in [0, 1)
 */
public record ActivationMaximization(int steps, double rate, double decay) {
  /** Enough for a clear picture. */
  public static final ActivationMaximization DEFAULT = new ActivationMaximization(64, 0.1, 0.01);

  private static final int MOST_SHIFT = 4;

  public ActivationMaximization {
    Check.that(steps >= 1, "steps", steps, "at least 1");
    Check.that(rate > 0, "rate", rate, "above 0");
    Check.that(decay >= 0 && decay < 1, "decay", decay, "in [0, 1)");
  }

  /**
   * A picture for each unit; the network's weights stay as they are.
   *
   * @param model in evaluation mode
   * @param layer full name of a module that puts out maps [N, C, H, W]
   * @param units channels of the maps
   * @param normalization of the network's pictures
   */
  public List<Picture> pictures(
      Classifier model,
      String layer,
      List<Integer> units,
      ImageSize size,
      Normalization normalization,
      RandomState random) {
    for (Parameter weight : model.parameters().values()) {
      weight.value().requireGrad(false);
    }
    List<Picture> made = new ArrayList<>();
    try {
      Scope.run(
          "activation maximization",
          () -> {
            Tensor x = ascend(model, layer, units, size, random);
            for (int i = 0; i < units.size(); i++) {
              made.add(picture(x.select(0, i), normalization));
            }
          });
    } finally {
      for (Parameter weight : model.parameters().values()) {
        weight.value().requireGrad(true);
      }
    }
    return made;
  }

  private Tensor ascend(
      Classifier model, String layer, List<Integer> units, ImageSize size, RandomState random) {
    Tensor x =
        Tensor.normal(
            0,
            0.3,
            random.at(0),
            DType.FLOAT32,
            units.size(),
            model.inChannels(),
            size.height(),
            size.width());
    for (int step = 0; step < steps; step++) {
      RandomState shifts = random.at(1, step);
      int down = shifts.nextInt(2 * MOST_SHIFT + 1) - MOST_SHIFT;
      int right = shifts.nextInt(2 * MOST_SHIFT + 1) - MOST_SHIFT;
      Scope.run(
          "step",
          () -> {
            Tensor leaf = x.roll(down, 2).roll(right, 3).copy().requireGrad(true);
            Tensor maps =
                requireNonNull(
                    Taps.run(model, List.of(layer), () -> model.features(leaf))
                        .tapped()
                        .get(layer));
            mask(maps, units).mul(maps).sum().backward();
            Tensor gradient = requireNonNull(leaf.grad(), "maps depend on pictures");
            Tensor smooth = gradient.avgPool2d(3, 1, 1, PoolRounding.FLOOR);
            Tensor rms =
                smooth
                    .pow(2)
                    .mean(dev.linnet.tensor.Dims.of(1, 2, 3))
                    .sqrt()
                    .reshape(units.size(), 1, 1, 1)
                    .add(1e-8);
            Tensor ascent = smooth.div(rms).roll(-down, 2).roll(-right, 3);
            x.mulInPlace(1 - decay);
            x.addInPlace(ascent, rate);
          });
    }
    return x;
  }

  /** 1 / (H W) at each picture's unit, else 0. */
  private static Tensor mask(Tensor maps, List<Integer> units) {
    int channels = (int) maps.dim(1);
    float[] values = new float[units.size() * channels];
    for (int i = 0; i < units.size(); i++) {
      values[i * channels + units.get(i)] = 1f / (maps.dim(2) * maps.dim(3));
    }
    return Tensor.of(values, units.size(), channels, 1, 1).to(maps.device());
  }

  /** Around gray at a fifth of the range, since excitement knows no brightness. */
  private static Picture picture(Tensor x, Normalization normalization) {
    float[] values = x.toFloats();
    int channels = (int) x.dim(0);
    int area = (int) (x.dim(1) * x.dim(2));
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < area; i++) {
        values[c * area + i] *= normalization.std().get(c).floatValue();
      }
    }
    double mean = 0;
    double squares = 0;
    for (float value : values) {
      mean += value / values.length;
      squares += (double) value * value / values.length;
    }
    double deviation = Math.sqrt(Math.max(1e-12, squares - mean * mean));
    byte[] pixels = new byte[values.length];
    for (int i = 0; i < area; i++) {
      for (int c = 0; c < channels; c++) {
        double level = 128 + 51 * (values[c * area + i] - mean) / deviation;
        pixels[i * channels + c] = (byte) Math.max(0, Math.min(255, Math.rint(level)));
      }
    }
    return Picture.of(new ImageSize((int) x.dim(1), (int) x.dim(2)), channels, pixels);
  }
}
