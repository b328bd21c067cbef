package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A convolution of all channels by kernels of {@link OneDnn}, forward and back: in bf16 or fp32, of
 * a weight in fp32. The weight is cast and put into the kernel's own order in one pass, and its
 * gradient is summed in fp32 and comes back as such.
 *
 * <p>Inputs: x [N, C, H, W], weight [K, C, h, w], and bias [K] where there is one.
 */
class FusedConv extends Function {
  private static final int X = 0;
  static final int WEIGHT = 1;
  private static final int BIAS = 2;

  private final ConvKernels.Key key;
  private boolean biased;

  FusedConv(Tensor weight, ConvKernels.Key key) {
    this(Profiler.convolution(weight, 1), key);
  }

  FusedConv(String name, ConvKernels.Key key) {
    super(name);
    this.key = key;
  }

  /** What is read, as the map [N, C, H, W] that it is to the kernels. */
  Tensor map(Tensor values) {
    return values.channelsLast();
  }

  /** Room for the result; not a view, which could not be changed in place. */
  Tensor room(ConvKernels.Key of, Tensor x) {
    return ConvKernels.room(of, x);
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    Tensor bias = in.length > BIAS ? in[BIAS] : null;
    Tensor y = room(key, in[X]);
    OneDnn.own().convolutions.forward(key, map(in[X]), in[WEIGHT], bias, y);
    save(in[X]);
    save(in[WEIGHT]);
    biased = in.length > BIAS;
    return new Tensor[] {y};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    @Nullable Tensor[] made = new @Nullable Tensor[biased ? BIAS + 1 : BIAS];
    Tensor given = gradients[0];
    if (given == null) {
      return made;
    }
    Tensor x = map(saved(X));
    Tensor weight = saved(WEIGHT);
    Tensor gradient = map(given.to(x.dtype()));
    ConvKernels kernels = OneDnn.own().convolutions;
    if (needs(X)) {
      Tensor byX = saved(X).emptyLike();
      kernels.byX(key, gradient, weight, byX);
      made[X] = byX;
    }
    if (biased) {
      made[BIAS] = Tensor.empty(DType.FLOAT32, Device.CPU, weight.dim(0));
    }
    if (needs(WEIGHT) || (biased && needs(BIAS))) {
      made[WEIGHT] = kernels.byWeight(key, gradient, x, weight, biased ? made[BIAS] : null);
    }
    return made;
  }

  @Override
  protected long macs(Tensor[] inputs, Tensor[] results) {
    Tensor weight = inputs[WEIGHT];
    return results[0].count() * weight.dim(1) * weight.dim(2) * weight.dim(3);
  }
}
