package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.function.IntFunction;

/**
 * SmoothGrad is the mean gradient of the class over noisy copies of the picture: single gradients
 * flicker from pixel to pixel.
 *
 * <pre>
 *   M = 1/n · Σ ∂yᶜ(x + ε) / ∂x,   ε ~ N(0, (σ · (max x − min x))²);     map = Σ over channels of |M|
 * </pre>
 *
 * <ul>
 *   <li>Paper: Smilkov et al., arXiv:1706.03825, §3; noise of 10 to 20 %, n = 50, the absolute
 *       value of the gradient. The map does not say whether a place speaks for the class or against
 *       it.
 *   <li>Cost: a pass forward and back for each of the n. Card: docs/explain/smooth-grad.md.
 * </ul>
 *
 * @param samples n, in [1, 10000]
 * @param noise σ, as a share of the picture's range, in [0, 1]
 * @param seed of the noise
 */
public record SmoothGrad(int samples, double noise, long seed) implements Attribution {
  static final String KEY = "smooth-grad";
  public static final SmoothGrad DEFAULT = new SmoothGrad(50, 0.15, 0);

  public SmoothGrad {
    Check.that(samples >= 1 && samples <= 10000, "samples", samples, "in [1, 10000]");
    Check.that(noise >= 0 && noise <= 1, "noise", noise, "in [0, 1]");
  }

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public double shownShare() {
    return 0.99;
  }

  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    RandomState random = RandomState.of(seed);
    long[] shape = {1, pictures.dim(1), pictures.dim(2), pictures.dim(3)};
    return maps(
        subject,
        pictures,
        i -> Tensor.normal(0, 1, random.at(i), DType.FLOAT32, shape).to(pictures.device()),
        classes);
  }

  /**
   * With given noise.
   *
   * @param draws N(0, 1) of the i-th copy, [1, C, H, W], for all pictures
   */
  Tensor maps(Subject subject, Tensor pictures, IntFunction<Tensor> draws, int... classes) {
    return Scope.keeping(
        KEY,
        () -> {
          Dims each = Dims.keeping(1, 2, 3);
          Tensor range = pictures.max(each).add(pictures.neg().max(each));
          Tensor deviation = range.mul(noise);
          Tensor sum =
              Tensor.zeros(pictures.dtype(), pictures.device(), pictures.shape().toArray());
          for (int i = 0; i < samples; i++) {
            int copy = i;
            Scope.run(
                "copy",
                () -> {
                  Tensor noisy = pictures.add(draws.apply(copy).mul(deviation));
                  sum.addInPlace(subject.inputGradient(noisy.channelsLast(), classes));
                });
          }
          return Subject.overChannels(sum.div(samples).abs());
        });
  }
}
