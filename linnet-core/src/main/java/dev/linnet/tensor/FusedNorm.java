package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * Batch norm in training, with what follows it, in one or two passes over the memory.
 *
 * <pre>
 *   y = bn(x)    y = relu(bn(x))    y = bn(x) + r    y = relu(bn(x) + r)
 * </pre>
 *
 * <p>Inputs: x, γ, β, and r where it is added; as {@link Fusion} says where it can be.
 */
final class FusedNorm extends Function {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int BIAS = 2;
  private static final int RESIDUAL = 3;

  private final BatchNorm norm;
  private final BatchNorm.Pass pass;
  private final boolean relu;
  private boolean adds;

  FusedNorm(BatchNorm norm, BatchNorm.Pass pass, boolean relu) {
    super("batch norm");
    this.norm = norm;
    this.pass = pass;
    this.relu = relu;
  }

  /** The rectifier that the norm does itself. */
  private boolean own() {
    return relu && !adds;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    OneDnn kernels = OneDnn.own();
    adds = in.length > RESIDUAL;
    Tensor x = in[X];
    Tensor y = x.emptyLike();
    Tensor mean = in[WEIGHT].emptyLike();
    Tensor variance = in[WEIGHT].emptyLike();
    long bytes = kernels.maskBytes(x, pass.eps(), own());
    Tensor mask = Tensor.empty(DType.UINT8, Device.CPU, bytes);
    kernels.normForward(
        new OneDnn.NormForward(x, in[WEIGHT], in[BIAS], y, mean, variance, mask),
        pass.eps(),
        own());
    if (adds) {
      kernels.add(y, in[RESIDUAL], y, relu);
    }
    norm.move(pass, mean, variance, x.count() / x.dim(1));
    save(x);
    save(in[WEIGHT]);
    save(mean);
    save(variance);
    save(relu && adds ? y : mask);
    return new Tensor[] {y};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor given = gradients[0];
    if (given == null) {
      return new Tensor[adds ? RESIDUAL + 1 : RESIDUAL];
    }
    OneDnn kernels = OneDnn.own(); // of the thread that goes back
    Tensor x = saved(0);
    Tensor gradient = Fusion.isPlane(given, x) ? given : given.to(x.dtype()).channelsLast();
    if (relu && adds) {
      Tensor through = isOurs(gradient) ? gradient : x.emptyLike();
      kernels.reluBackward(saved(4), gradient, through);
      gradient = through;
    }
    Tensor byX = !adds && isOurs(gradient) ? gradient : x.emptyLike();
    Tensor byWeight = saved(1).emptyLike();
    Tensor byBias = saved(1).emptyLike();
    kernels.normBackward(
        new OneDnn.NormBackward(
            x, saved(1), saved(2), saved(3), saved(4), gradient, byX, byWeight, byBias),
        pass.eps(),
        own());
    return adds
        ? new Tensor[] {byX, byWeight, byBias, gradient}
        : new Tensor[] {byX, byWeight, byBias};
  }
}
