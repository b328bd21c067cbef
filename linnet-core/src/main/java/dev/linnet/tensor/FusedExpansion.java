package dev.linnet.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A 1×1 convolution to more channels and the batch norm behind it, in training, without the map
 * between them: neither written nor read, nor kept for the way back.
 *
 * <pre>
 *   y = act(bn(W x) + r),    act is nothing or ReLU, r may be absent
 * </pre>
 *
 * <p>The statistics of z = W x follow from those of x, which has fewer channels. With E = mean of x
 * and V = its covariance [C, C] over all pixels,
 *
 * <pre>
 *   mean of z = W E,   variance of z_k = w_k V w_kᵀ,   bn(W x) = (s∘W) x + (β − s∘W E),   s = γ / σ.
 * </pre>
 *
 * <p>On the way back, with g the gradient behind the norm, n pixels, G = Σ g xᵀ and b = Σ g,
 *
 * <pre>
 *   ∂β = b,   ∂γ = (w_k · G_k − b (W E)) / σ,   ∂W = s∘(G − b Eᵀ − (∂γ/σ) W V),
 *   ∂x = (s∘W)ᵀ g − M (x − E) − (s∘W)ᵀ b / n,   M = Wᵀ diag(s ∂γ / (σ n)) W.
 * </pre>
 *
 * <p>It is the gradient of Ioffe and Szegedy, ICML 2015, arXiv:1502.03167, with z put in. Products
 * over pixels are in bf16 summed in fp32, all else is fp32. Inputs: x, W, γ, β, and r where it is
 * added; {@link Fusion} says where it can be had.
 */
final class FusedExpansion extends Function {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int GAMMA = 2;
  private static final int BETA = 3;
  private static final int RESIDUAL = 4;

  /** Pixels for each channel of x from which its covariance costs less than it saves. */
  private static final long PIXELS_A_CHANNEL = 64;

  /** Channels of the result for each of x from which it pays. */
  private static final long WIDER = 2;

  /** Bytes from which a map does not stay in the cache between a norm's passes. */
  private static final long LARGE = 8 << 20;

  private final BatchNorm norm;
  private final BatchNorm.Pass pass;
  private final boolean relu;
  private boolean adds;

  FusedExpansion(BatchNorm norm, BatchNorm.Pass pass, boolean relu) {
    super("conv2d 1×1, batch norm");
    this.norm = norm;
    this.pass = pass;
    this.relu = relu;
  }

  /** Whether it is faster than a convolution and a norm; by measurement (decision 0035). */
  static boolean pays(Tensor x, Tensor weight) {
    long pixels = pixels(x);
    return pixels >= PIXELS_A_CHANNEL * x.dim(1)
        && weight.dim(0) >= WIDER * x.dim(1)
        && pixels * weight.dim(0) * DType.BFLOAT16.bytes() >= LARGE;
  }

  private static long pixels(Tensor x) {
    return x.count() / x.dim(1);
  }

  private ExpansionKernels kernels(Tensor x, Tensor weight) {
    return OneDnn.own().expansion(ExpansionKernels.Key.of(x, weight, adds, relu));
  }

  /** [K, C, 1, 1] as [K, C]. */
  private static Tensor flat(Tensor weight) {
    return weight.detach().reshape(weight.dim(0), weight.dim(1));
  }

  private static Tensor column(Tensor each) {
    return each.reshape(each.count(), 1);
  }

  /** One number a row: Σ a∘b over the columns. */
  private static Tensor rows(Tensor a, Tensor b) {
    return a.mul(b).sum(Dims.of(1));
  }

  /** A matrix times a vector. */
  private static Tensor times(Tensor matrix, Tensor vector) {
    return matrix.matmul(column(vector)).reshape(matrix.dim(0));
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    return Autocast.without(Device.CPU, () -> computed(in));
  }

  private Tensor[] computed(Tensor... in) {
    adds = in.length > RESIDUAL;
    Tensor x = in[X];
    Tensor w = flat(in[WEIGHT]);
    ExpansionKernels kernels = kernels(x, in[WEIGHT]);
    double n = pixels(x);
    Tensor mean = kernels.sums(x).div(n);
    Tensor covariance =
        kernels.moments(x).div(n).sub(column(mean).mul(mean.reshape(1, mean.count())));
    Tensor spread = w.matmul(covariance); // W V
    Tensor variance = rows(spread, w).relu(); // rounding may leave it below 0
    Tensor deviation = variance.add(pass.eps()).sqrt();
    Tensor scale = in[GAMMA].detach().div(deviation);
    Tensor scaled = w.mul(column(scale)).to(DType.BFLOAT16).to(DType.FLOAT32); // as it multiplies
    Tensor shift = in[BETA].detach().sub(times(scaled, mean));
    Tensor y = kernels.forward(x, scaled, shift, adds ? in[RESIDUAL] : null);
    norm.move(pass, times(w, mean), variance, pixels(x));
    List.of(x, in[WEIGHT], mean, spread, deviation, scale, scaled).forEach(this::save);
    if (relu) {
      save(y);
    }
    return new Tensor[] {y};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor given = gradients[0];
    return given == null
        ? new Tensor[adds ? RESIDUAL + 1 : RESIDUAL]
        : Autocast.without(Device.CPU, () -> back(given));
  }

  private @Nullable Tensor[] back(Tensor given) {
    Tensor x = saved(0);
    Tensor w = flat(saved(1));
    Tensor mean = saved(2);
    Tensor spread = saved(3);
    Tensor deviation = saved(4);
    Tensor scale = saved(5);
    Tensor scaled = saved(6);
    Tensor gradient =
        given.dtype() == DType.BFLOAT16
            ? given.channelsLast()
            : given.to(DType.BFLOAT16).channelsLast();
    if (relu) {
      Tensor through = isOurs(gradient) ? gradient : gradient.emptyLike();
      OneDnn.own().reluBackward(saved(7), gradient, through);
      gradient = through;
    }
    ExpansionKernels kernels = kernels(x, saved(1));
    double n = pixels(x);
    @Nullable Tensor[] made = new @Nullable Tensor[adds ? RESIDUAL + 1 : RESIDUAL];
    Tensor byBeta = scale.emptyLike();
    Tensor product = flat(kernels.byWeight(gradient, x, byBeta));
    Tensor byGamma = rows(product, w).sub(byBeta.mul(times(w, mean))).div(deviation);
    made[BETA] = byBeta;
    made[GAMMA] = byGamma;
    if (needs(WEIGHT)) {
      made[WEIGHT] =
          product
              .sub(column(byBeta).mul(mean.reshape(1, mean.count())))
              .sub(column(byGamma.div(deviation)).mul(spread))
              .mul(column(scale))
              .reshape(saved(1).shape().toArray());
    }
    if (needs(X)) {
      Tensor share = scale.mul(byGamma).div(deviation).div(-n);
      Tensor square = w.transpose(0, 1).matmul(w.mul(column(share))); // −M
      Tensor shift = times(square, mean).add(times(scaled.transpose(0, 1), byBeta).div(n)).neg();
      made[X] = kernels.byX(gradient, scaled, x, square, shift);
    }
    if (adds) {
      made[RESIDUAL] = gradient;
    }
    return made;
  }

  @Override
  protected long macs(Tensor[] inputs, Tensor[] results) {
    return results[0].count() * inputs[WEIGHT].dim(1);
  }
}
