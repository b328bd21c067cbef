package dev.linnet.tensor;

import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a batch norm in training and what follows it do, ahead and back, by kernels of {@link
 * OneDnn}: a {@link Function} that has one in it keeps what is saved.
 *
 * <p>Over the pictures of several processes the kernels see this process's own, and what the others
 * have is brought in by a second pass. Back, with the means of all, they make
 *
 * <pre>
 *   d = γ/σ · (g − bᵣ/nᵣ − x̂ · aᵣ/nᵣ)              aᵣ = Σ(g·x̂), bᵣ = Σg of this process's pictures
 *   ∂L/∂x = d + γ/σ · (bᵣ/nᵣ − b/n) + x̂ · γ/σ · (aᵣ/nᵣ − a/n)           of all
 * </pre>
 *
 * <p>of which what is added to d is itself a norm of x.
 *
 * @param group whose pictures are one batch to the norm
 * @param relu whether the result is rectified
 * @param adds whether a residual is added before
 */
record NormPass(
    BatchNorm norm, BatchNorm.Pass pass, ProcessGroup group, boolean relu, boolean adds) {

  /** The rectifier that the norm does itself. */
  private boolean own() {
    return relu && !adds;
  }

  /** act(bn(x) + r), in the form of x. */
  Tensor forward(Tensor x, @Nullable Tensor residual, Consumer<Tensor> save) {
    OneDnn kernels = OneDnn.own();
    Tensor weight = norm.weight();
    Tensor y = x.emptyLike();
    Tensor mean = weight.emptyLike();
    Tensor variance = weight.emptyLike();
    long bytes = kernels.maskBytes(x, pass.eps(), own());
    Tensor mask = Tensor.empty(DType.UINT8, Device.CPU, bytes);
    OneDnn.NormForward work =
        new OneDnn.NormForward(x, weight, norm.bias(), y, mean, variance, mask);
    kernels.normForward(work, pass.eps(), own());
    double count = pixels(x);
    if (isShared()) {
      NormStatistics all = NormStatistics.over(group, mean, variance, count);
      mean.set(all.mean());
      variance.set(all.variance());
      count = all.count();
      kernels.normalize(work, pass.eps(), own());
    }
    if (residual != null) {
      kernels.add(y, residual, y, relu);
    }
    norm.move(pass, mean, variance, (long) count);
    save.accept(x);
    save.accept(weight);
    save.accept(mean);
    save.accept(variance);
    save.accept(relu && adds ? y : mask);
    if (isShared()) {
      save.accept(Tensor.full(count, DType.FLOAT64, Device.CPU, 1));
    }
    return y;
  }

  private boolean isShared() {
    return group.size() > 1;
  }

  /** Values of a channel. */
  private static double pixels(Tensor x) {
    return (double) x.count() / x.dim(1);
  }

  /**
   * The gradient by the result, or none where nothing depends on it; zeros where other processes
   * wait for this one's sums.
   *
   * @param x what was saved first
   */
  @Nullable Tensor given(@Nullable Tensor gradient, Tensor x) {
    return gradient == null && isShared() ? x.emptyLike().zero() : gradient;
  }

  /**
   * Gradients.
   *
   * @param byWeight by γ
   * @param byBias by β
   */
  record Gradients(Tensor byX, Tensor byWeight, Tensor byBias, Tensor byResidual) {}

  /**
   * The gradients of {@link #forward}.
   *
   * @param given by the result
   * @param saved what was saved, in its order
   */
  Gradients backward(Tensor given, IntFunction<Tensor> saved) {
    OneDnn kernels = OneDnn.own(); // of the thread that goes back
    Tensor x = saved.apply(0);
    Tensor weight = saved.apply(1);
    Tensor gradient = Fusion.isPlane(given, x) ? given : given.to(x.dtype()).channelsLast();
    if (relu && adds) {
      Tensor through = Function.isOurs(gradient) ? gradient : x.emptyLike();
      kernels.reluBackward(saved.apply(4), gradient, through);
      gradient = through;
    }
    Tensor byX = !adds && Function.isOurs(gradient) ? gradient : x.emptyLike();
    Tensor byWeight = weight.emptyLike();
    Tensor byBias = weight.emptyLike();
    kernels.normBackward(
        new OneDnn.NormBackward(
            x,
            weight,
            saved.apply(2),
            saved.apply(3),
            saved.apply(4),
            gradient,
            byX,
            byWeight,
            byBias),
        pass.eps(),
        own());
    if (isShared()) {
      bringIn(saved, byX, byWeight, byBias);
    }
    return new Gradients(byX, byWeight, byBias, gradient);
  }

  /** Adds to the gradient by x what comes from the pictures of other processes. */
  private void bringIn(IntFunction<Tensor> saved, Tensor byX, Tensor byWeight, Tensor byBias) {
    OneDnn kernels = OneDnn.own();
    Tensor x = saved.apply(0);
    Tensor weight = saved.apply(1);
    Tensor variance = saved.apply(3);
    double own = pixels(x);
    double all = saved.apply(5).item();
    Tensor[] sums = NormStatistics.gradientsOver(group, byWeight, byBias);
    Tensor scale = variance.to(DType.FLOAT64).add(pass.eps()).pow(-0.5).mul(weight);
    DType type = weight.dtype();
    Tensor slope = byWeight.to(DType.FLOAT64).div(own).sub(sums[0].div(all)).mul(scale).to(type);
    Tensor level = byBias.to(DType.FLOAT64).div(own).sub(sums[1].div(all)).mul(scale).to(type);
    Tensor more = x.emptyLike();
    kernels.normalize(
        new OneDnn.NormForward(x, slope, level, more, saved.apply(2), variance, saved.apply(4)),
        pass.eps(),
        false);
    kernels.add(byX, more, byX, false);
  }
}
