package dev.linnet.tensor;

import java.util.List;

/**
 * The statistics of a batch norm in training, [C] in float64: of the pictures of all processes of a
 * group.
 *
 * <pre>
 *   n = Σ nᵣ,  μ = Σ nᵣμᵣ / n,  σ² = Σ nᵣ(σᵣ² + μᵣ²) / n − μ²           one sum of 2C + 1 numbers
 * </pre>
 *
 * @param variance biased
 * @param count values of a channel
 */
record NormStatistics(Tensor mean, Tensor variance, double count) {
  /** Those of all, from this process's own, [C] of any floating type. */
  static NormStatistics over(ProcessGroup group, Tensor mean, Tensor variance, double count) {
    Tensor m = mean.to(DType.FLOAT64);
    Tensor v = variance.to(DType.FLOAT64);
    long channels = m.count();
    Tensor sums =
        Tensor.cat(
            List.of(
                m.mul(count),
                v.add(m.mul(m)).mul(count),
                Tensor.full(count, DType.FLOAT64, m.device(), 1)),
            0);
    group.sum(sums);
    double all = sums.narrow(0, 2 * channels, 1).item();
    Tensor allMean = sums.narrow(0, 0, channels).div(all);
    Tensor allVariance =
        sums.narrow(0, channels, channels).div(all).sub(allMean.mul(allMean)).clamp(0, 1e300);
    return new NormStatistics(allMean, allVariance, all);
  }

  /**
   * The gradients by γ and β of the pictures of all processes, [C] in float64, from this process's
   * own: one sum of 2C numbers.
   */
  static Tensor[] gradientsOver(ProcessGroup group, Tensor byWeight, Tensor byBias) {
    long channels = byWeight.count();
    Tensor sums = Tensor.cat(List.of(byWeight.to(DType.FLOAT64), byBias.to(DType.FLOAT64)), 0);
    group.sum(sums);
    return new Tensor[] {sums.narrow(0, 0, channels), sums.narrow(0, channels, channels)};
  }
}
