package dev.linnet.tensor;

import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * The gradient by a convolution's weight by oneDNN's kernel for it, and its result put into order.
 * Where the kernel works on tiles, small pictures are laid {@link SideBySide}.
 */
final class WeightKernel implements WeightGradient {
  private final Room weights;
  private final SideBySide places;
  private final OneDnn.Bound sum;
  private final OneDnn.Bound order;
  private final long bytes;

  /**
   * @param places how the pictures of the batch lie
   * @param own the weight's own form
   * @param bias its form; an empty one where there is none
   */
  WeightKernel(OneDnn library, SideBySide places, DType dtype, memory.desc own, memory.desc bias) {
    weights = library.weights;
    this.places = places;
    ConvForm form = places.rows();
    convolution_backward_weights.primitive_desc kernel =
        form.byWeight(dtype, bias, form.ahead(dtype, bias));
    bytes = kernel.diff_weights_desc().get_size();
    sum =
        library.new Bound(new convolution_backward_weights(kernel))
            .with(dnnl.DNNL_ARG_SRC, form.x(dtype))
            .with(dnnl.DNNL_ARG_DIFF_WEIGHTS, kernel.diff_weights_desc())
            .with(dnnl.DNNL_ARG_DIFF_DST, form.y(dtype))
            .with(dnnl.DNNL_ARG_DIFF_BIAS, bias);
    order = library.order(kernel.diff_weights_desc(), own);
  }

  @Override
  public void run(Tensor gradient, Tensor x, Tensor made, @Nullable Tensor byBias) {
    if (byBias != null) {
      sum.set(dnnl.DNNL_ARG_DIFF_BIAS, byBias);
    }
    Tensor unordered = weights.of(bytes);
    sum.set(dnnl.DNNL_ARG_SRC, places.x(x))
        .set(dnnl.DNNL_ARG_DIFF_DST, places.y(gradient))
        .set(dnnl.DNNL_ARG_DIFF_WEIGHTS, unordered)
        .run();
    order.set(dnnl.DNNL_ARG_FROM, unordered).set(dnnl.DNNL_ARG_TO, made).run();
  }

  @Override
  public void free() {
    sum.free();
    order.free();
  }
}
