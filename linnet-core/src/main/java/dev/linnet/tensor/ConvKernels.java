package dev.linnet.tensor;

import dev.linnet.tensor.OneDnn.Bound;
import dev.linnet.tensor.OneDnn.PlaneKey;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of all channels in training, of {@link OneDnn}: weights are kept in fp32 and put
 * into the order and type that a kernel likes best each time.
 */
final class ConvKernels {
  private final OneDnn library;
  private final engine processor = Kernels.processor();
  private final OneDnn.Cache<Key, Conv> kernels = new OneDnn.Cache<>();

  /**
   * @param library whose thread it is
   */
  ConvKernels(OneDnn library) {
    this.library = library;
  }

  /** Sizes, types and orders of a convolution's tensors, and how its kernel walks. */
  private record Key(
      PlaneKey x, List<Long> weight, List<Long> strides, List<Long> window, boolean biased) {
    static Key of(Tensor x, Tensor weight, Window window, boolean biased) {
      List<Long> walk = new ArrayList<>();
      for (long[] part : List.of(window.stride(), window.padding(), window.dilation())) {
        walk.add(part[0]);
        walk.add(part[1]);
      }
      List<Long> sizes = new ArrayList<>();
      List<Long> strides = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        sizes.add(weight.dim(i));
        strides.add(weight.handle().stride(i));
      }
      return new Key(PlaneKey.of(x, false), sizes, strides, walk, biased);
    }

    long out(int side) {
      long in = side == 0 ? x.h() : x.w();
      long reach = window.get(4 + side) * (weight.get(2 + side) - 1) + 1;
      return (in + 2 * window.get(2 + side) - reach) / window.get(side) + 1;
    }

    /** Whether the weight lies as [K, h, w, C] without gaps. */
    boolean isChannelsLast() {
      long step = 1;
      for (int dim : new int[] {1, 3, 2, 0}) {
        if (weight.get(dim) > 1 && strides.get(dim) != step) {
          return false;
        }
        step *= weight.get(dim);
      }
      return true;
    }

    WeightProduct.Form form() {
      return new WeightProduct.Form(
          x.n(), x.c(), weight.get(0), weight.get(2), weight.get(3), out(0), out(1), window);
    }

    long[] pair(int first, long less) {
      return new long[] {window.get(first) - less, window.get(first + 1) - less};
    }
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** What a convolution reads and writes; the weight lies there as each kernel likes it best. */
  private final class Conv implements OneDnn.Kernel {
    final Bound forward;
    final Bound back;
    final Bound byWeight;
    final Bound pack;
    final Bound packBack;
    final Bound unpack;
    final long packed;
    final long packedBack;
    final long unpacked;
    final @Nullable WeightProduct product;
    final boolean fits;

    Conv(Key key) {
      PlaneKey in = key.x();
      memory.desc x = in.form();
      memory.desc y =
          new PlaneKey(in.n(), key.weight().get(0), key.out(0), key.out(1), in.dtype(), false, 0)
              .form();
      long[] sizes = array(key.weight());
      memory.desc own = new memory.desc(sizes, memory.data_type.f32, array(key.strides()));
      memory.desc any =
          new memory.desc(
              sizes,
              in.dtype() == DType.BFLOAT16 ? memory.data_type.bf16 : memory.data_type.f32,
              memory.format_tag.any);
      memory.desc anyFp32 = new memory.desc(sizes, memory.data_type.f32, memory.format_tag.any);
      memory.desc each =
          key.biased()
              ? new memory.desc(new long[] {sizes[0]}, memory.data_type.f32, memory.format_tag.a)
              : new memory.desc();
      long[] stride = key.pair(0, 0);
      long[] padding = key.pair(2, 0);
      long[] dilation = key.pair(4, 1);
      primitive_attr plain = new primitive_attr();
      dnnl.algorithm direct = dnnl.algorithm.convolution_direct;
      convolution_forward.primitive_desc ahead =
          new convolution_forward.primitive_desc(
              processor,
              dnnl.prop_kind.forward_training,
              direct,
              x,
              any,
              each,
              y,
              stride,
              dilation,
              padding,
              padding,
              plain,
              false);
      convolution_backward_data.primitive_desc way =
          new convolution_backward_data.primitive_desc(
              processor, direct, x, any, y, stride, dilation, padding, padding, ahead, plain,
              false);
      convolution_backward_weights.primitive_desc sum =
          new convolution_backward_weights.primitive_desc(
              processor, direct, x, anyFp32, each, y, stride, dilation, padding, padding, ahead,
              plain, false);
      fits = isFast(ahead) && isFast(way) && isFast(sum);
      packed = ahead.weights_desc().get_size();
      packedBack = way.weights_desc().get_size();
      unpacked = sum.diff_weights_desc().get_size();
      forward =
          library.new Bound(new convolution_forward(ahead))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_WEIGHTS, ahead.weights_desc())
              .with(dnnl.DNNL_ARG_DST, y);
      back =
          library.new Bound(new convolution_backward_data(way))
              .with(dnnl.DNNL_ARG_DIFF_SRC, x)
              .with(dnnl.DNNL_ARG_WEIGHTS, way.weights_desc())
              .with(dnnl.DNNL_ARG_DIFF_DST, y);
      byWeight =
          library.new Bound(new convolution_backward_weights(sum))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_DIFF_WEIGHTS, sum.diff_weights_desc())
              .with(dnnl.DNNL_ARG_DIFF_DST, y);
      if (key.biased()) {
        forward.with(dnnl.DNNL_ARG_BIAS, each);
        byWeight.with(dnnl.DNNL_ARG_DIFF_BIAS, each);
      }
      pack = order(own, ahead.weights_desc());
      packBack = order(own, way.weights_desc());
      unpack = order(sum.diff_weights_desc(), own);
      WeightProduct.Form form = key.form();
      boolean tiles = in.dtype() == DType.BFLOAT16 && name(sum).contains("amx");
      product =
          tiles && !key.biased() && key.isChannelsLast() && form.pays()
              ? new WeightProduct(library, form)
              : null;
    }

    private String name(org.bytedeco.dnnl.primitive_desc_base form) {
      return form.impl_info_str().getString();
    }

    private Bound order(memory.desc from, memory.desc to) {
      reorder.primitive_desc form =
          new reorder.primitive_desc(processor, from, processor, to, new primitive_attr(), false);
      return library.new Bound(new reorder(form))
          .with(dnnl.DNNL_ARG_FROM, from)
          .with(dnnl.DNNL_ARG_TO, to);
    }

    private boolean isFast(org.bytedeco.dnnl.primitive_desc_base form) {
      String name = name(form);
      return !name.startsWith("ref") && !name.contains("gemm:ref");
    }

    @Override
    public void free() {
      for (Bound bound : List.of(forward, back, byWeight, pack, packBack, unpack)) {
        bound.free();
      }
      if (product != null) {
        product.free();
      }
    }
  }

  /** Whether there are fast kernels for a convolution. */
  boolean has(Tensor x, Tensor weight, Window window, boolean biased) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return kernels.get(Key.of(x, weight, window, biased), Conv::new).fits;
    } catch (RuntimeException e) { // not implemented for this
      return false;
    } finally {
      scope.close();
    }
  }

  private static Tensor room(long bytes) {
    return Tensor.empty(DType.UINT8, Device.CPU, bytes);
  }

  /** The convolution [N, K, H', W'] of x with a weight in fp32, in the type of x. */
  Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias, Window window) {
    Key key = Key.of(x, weight, window, bias != null);
    Tensor y = Tensor.emptyMap(x.dtype(), x.dim(0), weight.dim(0), key.out(0), key.out(1));
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = kernels.get(key, Conv::new);
      Tensor packed = room(conv.packed);
      conv.pack.set(dnnl.DNNL_ARG_FROM, weight).set(dnnl.DNNL_ARG_TO, packed).run();
      if (bias != null) {
        conv.forward.set(dnnl.DNNL_ARG_BIAS, bias);
      }
      conv.forward
          .set(dnnl.DNNL_ARG_SRC, x)
          .set(dnnl.DNNL_ARG_WEIGHTS, packed)
          .set(dnnl.DNNL_ARG_DST, y)
          .run();
      return y;
    } finally {
      scope.close();
    }
  }

  /** The gradient by x. */
  Tensor byX(Tensor gradient, Tensor x, Tensor weight, Window window, boolean biased) {
    Tensor made = x.emptyLike();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = kernels.get(Key.of(x, weight, window, biased), Conv::new);
      Tensor packed = room(conv.packedBack);
      conv.packBack.set(dnnl.DNNL_ARG_FROM, weight).set(dnnl.DNNL_ARG_TO, packed).run();
      conv.back
          .set(dnnl.DNNL_ARG_DIFF_DST, gradient)
          .set(dnnl.DNNL_ARG_WEIGHTS, packed)
          .set(dnnl.DNNL_ARG_DIFF_SRC, made)
          .run();
      return made;
    } finally {
      scope.close();
    }
  }

  /**
   * The gradient by the weight, in fp32.
   *
   * @param byBias [K], written; null where there is no bias
   */
  Tensor byWeight(
      Tensor gradient, Tensor x, Tensor weight, Window window, @Nullable Tensor byBias) {
    Tensor made = weight.emptyLike();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = kernels.get(Key.of(x, weight, window, byBias != null), Conv::new);
      if (conv.product != null) {
        conv.product.run(gradient, x, made);
        return made;
      }
      if (byBias != null) {
        conv.byWeight.set(dnnl.DNNL_ARG_DIFF_BIAS, byBias);
      }
      Tensor unpacked = room(conv.unpacked);
      conv.byWeight
          .set(dnnl.DNNL_ARG_SRC, x)
          .set(dnnl.DNNL_ARG_DIFF_DST, gradient)
          .set(dnnl.DNNL_ARG_DIFF_WEIGHTS, unpacked)
          .run();
      conv.unpack.set(dnnl.DNNL_ARG_FROM, unpacked).set(dnnl.DNNL_ARG_TO, made).run();
      return made;
    } finally {
      scope.close();
    }
  }
}
