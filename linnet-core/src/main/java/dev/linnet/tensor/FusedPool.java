package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A pool by kernels of {@link OneDnn}, which remember in a byte or four where a largest value was;
 * libtorch takes eight. The largest value is that of the numbers: a NaN beside them is left out,
 * and of a window of NaN alone it is the lowest that the type has.
 *
 * <p>Input: x [N, C, H, W].
 */
final class FusedPool extends Function {
  private final PoolKernels.Form form;
  private long height;
  private long width;

  FusedPool(PoolKernels.Form form) {
    super(form.max() ? "max_pool2d" : "avg_pool2d");
    this.form = form;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    Tensor x = in[0];
    PoolKernels kernels = OneDnn.own().pools;
    height = x.dim(2);
    width = x.dim(3);
    Tensor y = Tensor.emptyMap(x.dtype(), x.dim(0), x.dim(1), form.height(), form.width());
    Tensor mask = Tensor.empty(DType.UINT8, Device.CPU, kernels.maskBytes(x, form));
    kernels.forward(x, form, y, mask);
    save(mask);
    return new Tensor[] {y};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor given = gradients[0];
    if (given == null) {
      return new @Nullable Tensor[1];
    }
    Tensor gradient = given.channelsLast();
    Tensor byX = Tensor.emptyMap(gradient.dtype(), gradient.dim(0), gradient.dim(1), height, width);
    OneDnn.own().pools.backward(gradient, form, byX, saved(0));
    return new Tensor[] {byX};
  }
}
