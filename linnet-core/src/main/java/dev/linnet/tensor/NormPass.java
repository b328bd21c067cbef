package dev.linnet.tensor;

import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a batch norm in training and what follows it do, ahead and back, by kernels of {@link
 * OneDnn}: a {@link Function} that has one in it keeps what is saved.
 *
 * @param relu whether the result is rectified
 * @param adds whether a residual is added before
 */
record NormPass(BatchNorm norm, BatchNorm.Pass pass, boolean relu, boolean adds) {

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
    kernels.normForward(
        new OneDnn.NormForward(x, weight, norm.bias(), y, mean, variance, mask), pass.eps(), own());
    if (residual != null) {
      kernels.add(y, residual, y, relu);
    }
    norm.move(pass, mean, variance, x.count() / x.dim(1));
    save.accept(x);
    save.accept(weight);
    save.accept(mean);
    save.accept(variance);
    save.accept(relu && adds ? y : mask);
    return y;
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
    return new Gradients(byX, byWeight, byBias, gradient);
  }
}
