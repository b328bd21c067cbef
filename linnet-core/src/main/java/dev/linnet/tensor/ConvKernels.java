package dev.linnet.tensor;

import dev.linnet.tensor.OneDnn.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of all channels in training, of {@link OneDnn}: weights are kept in fp32 and put
 * into the order and type that a kernel likes best each time.
 */
final class ConvKernels {
  private final OneDnn library;
  private final OneDnn.Cache<Key, Conv> kernels = new OneDnn.Cache<>();

  /**
   * @param library whose thread it is
   */
  ConvKernels(OneDnn library) {
    this.library = library;
  }

  /** Sizes, types and orders of a convolution's tensors, and the threads that share its work. */
  private record Key(ConvForm form, DType dtype, List<Long> strides, boolean biased, int threads) {
    static Key of(Tensor x, Tensor weight, Window window, boolean biased) {
      List<Long> strides = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        strides.add(weight.handle().stride(i));
      }
      return new Key(ConvForm.of(x, weight, window), x.dtype(), strides, biased, Engine.threads());
    }

    private long[] sizes() {
      return new long[] {form.out(), form.in(), form.height(), form.width()};
    }

    /** Whether the weight lies as [K, h, w, C] without gaps. */
    boolean isChannelsLast() {
      long step = 1;
      for (int dim : new int[] {1, 3, 2, 0}) {
        if (sizes()[dim] > 1 && strides.get(dim) != step) {
          return false;
        }
        step *= sizes()[dim];
      }
      return true;
    }

    /** The weight's own form. */
    memory.desc own() {
      return new memory.desc(
          sizes(), memory.data_type.f32, strides.stream().mapToLong(Long::longValue).toArray());
    }

    memory.desc bias() {
      return biased
          ? new memory.desc(new long[] {form.out()}, memory.data_type.f32, memory.format_tag.a)
          : new memory.desc();
    }
  }

  /** What a convolution reads and writes; the weight lies there as each kernel likes it best. */
  private final class Conv implements OneDnn.Kernel {
    final Bound forward;
    final Bound back;
    final Bound pack;
    final Bound packBack;
    final long packed;
    final long packedBack;
    final WeightGradient byWeight;
    final boolean fits;
    final boolean tiles;

    Conv(Key key) {
      ConvForm form = key.form();
      DType dtype = key.dtype();
      convolution_forward.primitive_desc ahead = form.ahead(dtype, key.bias());
      convolution_backward_data.primitive_desc way = form.byX(dtype, ahead);
      convolution_backward_weights.primitive_desc sum = form.byWeight(dtype, key.bias(), ahead);
      fits = isFast(ahead) && isFast(way) && isFast(sum);
      packed = ahead.weights_desc().get_size();
      packedBack = way.weights_desc().get_size();
      forward =
          library.new Bound(new convolution_forward(ahead))
              .with(dnnl.DNNL_ARG_SRC, form.x(dtype))
              .with(dnnl.DNNL_ARG_WEIGHTS, ahead.weights_desc())
              .with(dnnl.DNNL_ARG_DST, form.y(dtype))
              .with(dnnl.DNNL_ARG_BIAS, key.bias());
      back =
          library.new Bound(new convolution_backward_data(way))
              .with(dnnl.DNNL_ARG_DIFF_SRC, form.x(dtype))
              .with(dnnl.DNNL_ARG_WEIGHTS, way.weights_desc())
              .with(dnnl.DNNL_ARG_DIFF_DST, form.y(dtype));
      pack = library.order(key.own(), ahead.weights_desc());
      packBack = library.order(key.own(), way.weights_desc());
      tiles = dtype == DType.BFLOAT16 && name(sum).contains("amx");
      byWeight = byWeight(key);
    }

    private WeightGradient byWeight(Key key) {
      ConvForm form = key.form();
      if (tiles && !key.biased() && key.isChannelsLast() && WeightProduct.pays(form)) {
        return new WeightProduct(library, form);
      }
      SideBySide places = tiles ? SideBySide.onTiles(form) : SideBySide.none(form);
      return new WeightKernel(library, places, key.dtype(), key.own(), key.bias());
    }

    private String name(org.bytedeco.dnnl.primitive_desc_base form) {
      return form.impl_info_str().getString();
    }

    private boolean isFast(org.bytedeco.dnnl.primitive_desc_base form) {
      String name = name(form);
      return !name.startsWith("ref") && !name.contains("gemm:ref");
    }

    @Override
    public void free() {
      for (OneDnn.Kernel part : List.of(forward, back, pack, packBack, byWeight)) {
        part.free();
      }
    }
  }

  /** Whether there are fast kernels for a convolution. */
  boolean has(Tensor x, Tensor weight, Window window, boolean biased) {
    return is(Key.of(x, weight, window, biased), conv -> conv.fits);
  }

  /** Whether a 1×1 convolution runs on tiles (AMX). */
  boolean isOnTiles(Tensor x, Tensor weight) {
    return is(Key.of(x, weight, Window.square(1, 0, 1), false), conv -> conv.fits && conv.tiles);
  }

  private boolean is(Key key, Predicate<Conv> what) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return what.test(kernels.get(key, Conv::new));
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
    ConvForm form = key.form();
    Tensor y =
        Tensor.emptyMap(x.dtype(), form.batch(), form.out(), form.outHeight(), form.outWidth());
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
      conv.byWeight.run(gradient, x, made, byBias);
      return made;
    } finally {
      scope.close();
    }
  }
}
