package dev.linnet.tensor;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.jspecify.annotations.Nullable;

/**
 * The gradient by a convolution's weight as one product over all pixels, summed in fp32:
 *
 * <pre>
 *   ∂L/∂W [K, h·w·C] = ∂L/∂y [pixels, K]ᵀ · columns of x [pixels, h·w·C]
 * </pre>
 *
 * <p>On tiles (AMX) oneDNN's own kernel for it takes up to five times as long where pixels are few
 * and weights many, and needs its result put into order afterwards; the columns ("im2col") are x
 * itself where the kernel is 1×1 and the stride is 1.
 */
final class WeightProduct implements WeightGradient {
  /** Channels from which a 1×1 convolution is one good product. */
  private static final long WIDE = 64;

  /** Pixels up to which also a 1×1 convolution of more results than inputs is. */
  private static final long FEW = 4096;

  /** Pixels for each result up to which it pays to gather columns. */
  private static final long PIXELS_A_RESULT = 4;

  private final ConvForm form;
  private final OneDnn.Bound product;

  /** Whether the product is faster than the kernel of tiles; by measurement (decision 0034). */
  static boolean pays(ConvForm form) {
    return form.isPointwise()
        ? Math.min(form.in(), form.out()) >= WIDE
            && (form.in() >= form.out() || form.pixels() <= FEW)
        : form.pixels() <= PIXELS_A_RESULT * form.out();
  }

  WeightProduct(OneDnn library, ConvForm form, DType dtype) {
    this.form = form;
    long columns = form.height() * form.width() * form.in();
    memory.data_type type = Kernels.type(dtype);
    memory.desc gradient =
        new memory.desc(new long[] {form.out(), form.pixels()}, type, new long[] {1, form.out()});
    memory.desc x =
        new memory.desc(new long[] {form.pixels(), columns}, type, memory.format_tag.ab);
    memory.desc weight =
        new memory.desc(
            new long[] {form.out(), columns}, memory.data_type.f32, memory.format_tag.ab);
    product =
        library
            .new Bound(
                new matmul(
                    new matmul.primitive_desc(
                        Kernels.processor(), gradient, x, weight, new primitive_attr(), false)))
            .with(dnnl.DNNL_ARG_SRC, gradient)
            .with(dnnl.DNNL_ARG_WEIGHTS, x)
            .with(dnnl.DNNL_ARG_DST, weight);
  }

  /** The weight lies channels-last. */
  @Override
  public void run(Tensor gradient, Tensor x, Tensor made, @Nullable Tensor byBias) {
    product
        .set(dnnl.DNNL_ARG_SRC, gradient)
        .set(dnnl.DNNL_ARG_WEIGHTS, form.isPointwise() ? x : columns(x))
        .set(dnnl.DNNL_ARG_DST, made)
        .run();
    if (byBias != null) {
      Tensor pixels = gradient.rank() == 4 ? gradient.permute(0, 2, 3, 1) : gradient;
      Tensor rows =
          pixels.asStrided(new long[] {form.pixels(), form.out()}, new long[] {form.out(), 1});
      byBias.set(rows.to(DType.FLOAT32).sum(Dims.of(0)));
    }
  }

  /** What the kernel sees of x at each of its places: [N, H', W', h, w, C]. */
  private Tensor columns(Tensor x) {
    long top = form.padding(0);
    long left = form.padding(1);
    long height = x.dim(2) + 2 * top;
    long width = x.dim(3) + 2 * left;
    Tensor pixels = x.permute(0, 2, 3, 1);
    Tensor padded = pixels;
    if (top > 0 || left > 0) {
      padded = Tensor.zeros(x.dtype(), Device.CPU, form.batch(), height, width, form.in());
      padded.handle().narrow(1, top, x.dim(2)).narrow(2, left, x.dim(3)).copy_(pixels.handle());
    }
    long row = width * form.in();
    long[] sizes = {
      form.batch(), form.outHeight(), form.outWidth(), form.height(), form.width(), form.in()
    };
    long[] strides = {
      height * row,
      form.stride(0) * row,
      form.stride(1) * form.in(),
      form.dilation(0) * row,
      form.dilation(1) * form.in(),
      1
    };
    return padded.asStrided(sizes, strides).contiguous();
  }

  @Override
  public void free() {
    product.free();
  }
}
