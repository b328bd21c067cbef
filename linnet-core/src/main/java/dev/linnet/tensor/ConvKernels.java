package dev.linnet.tensor;

import dev.linnet.tensor.OneDnn.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.deconvolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc_base;
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

  /**
   * Sizes, types and orders of a convolution's tensors, and the threads that share its work: what
   * its kernels are found by. A function keeps it, as it takes long to work out for a small map.
   */
  static final class Key {
    private final ConvForm form;
    private final DType dtype;
    private final List<Long> strides;
    private final boolean biased;
    private final int threads;
    private final int hash;

    private Key(ConvForm form, DType dtype, List<Long> strides, boolean biased, int threads) {
      this.form = form;
      this.dtype = dtype;
      this.strides = strides;
      this.biased = biased;
      this.threads = threads;
      this.hash = Objects.hash(form, dtype, strides, biased, threads);
    }

    static Key of(Tensor x, Tensor weight, Window window, boolean biased) {
      List<Long> strides = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        strides.add(weight.handle().stride(i));
      }
      return new Key(ConvForm.of(x, weight, window), x.dtype(), strides, biased, Engine.threads());
    }

    /** With the threads that there are now. */
    private Key now() {
      int count = Engine.threads();
      return count == threads ? this : new Key(form, dtype, strides, biased, count);
    }

    ConvForm form() {
      return form;
    }

    DType dtype() {
      return dtype;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other
          || (other instanceof Key key
              && hash == key.hash
              && threads == key.threads
              && biased == key.biased
              && dtype == key.dtype
              && form.equals(key.form)
              && strides.equals(key.strides));
    }

    @Override
    public int hashCode() {
      return hash;
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
      return new memory.desc(sizes(), memory.data_type.f32, steps());
    }

    /** The same memory as [C, K, h, w]. */
    memory.desc turned() {
      return new memory.desc(swapped(sizes()), memory.data_type.f32, swapped(steps()));
    }

    private long[] steps() {
      return strides.stream().mapToLong(Long::longValue).toArray();
    }

    private static long[] swapped(long... pair) {
      long first = pair[0];
      pair[0] = pair[1];
      pair[1] = first;
      return pair;
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
    private final Key key;
    private @Nullable Onto onto;

    Conv(Key key) {
      this.key = key;
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
      if (tiles && !key.biased && key.isChannelsLast() && WeightProduct.pays(form)) {
        return new WeightProduct(library, form);
      }
      SideBySide places = tiles ? SideBySide.onTiles(form) : SideBySide.none(form);
      return new WeightKernel(library, places, key.dtype(), key.own(), key.bias());
    }

    /** Made when it is first asked for: only forks do. */
    Onto onto() {
      Onto made = onto == null ? new Onto(key) : onto;
      onto = made;
      return made;
    }

    @Override
    public void free() {
      for (OneDnn.Kernel part : List.of(forward, back, pack, packBack, byWeight)) {
        part.free();
      }
      if (onto != null) {
        onto.free();
      }
    }
  }

  /**
   * The gradient by x added to what lies there already. Only the transposed convolution has a sum
   * behind it; it runs the code that the gradient by x does.
   */
  private final class Onto implements OneDnn.Kernel {
    final Bound add;
    final Bound pack;
    final long packed;
    final boolean fits;

    Onto(Key key) {
      ConvForm form = key.form();
      deconvolution_forward.primitive_desc code = form.ontoX(key.dtype());
      fits = isFast(code);
      packed = code.weights_desc().get_size();
      pack = library.order(key.turned(), code.weights_desc());
      add =
          library.new Bound(new deconvolution_forward(code))
              .with(dnnl.DNNL_ARG_SRC, form.y(key.dtype()))
              .with(dnnl.DNNL_ARG_WEIGHTS, code.weights_desc())
              .with(dnnl.DNNL_ARG_DST, form.x(key.dtype()));
    }

    @Override
    public void free() {
      add.free();
      pack.free();
    }
  }

  private static String name(primitive_desc_base code) {
    return code.impl_info_str().getString();
  }

  private static boolean isFast(primitive_desc_base code) {
    String name = name(code);
    return !name.startsWith("ref") && !name.contains(":ref") && !name.contains(":any");
  }

  /** Whether there are fast kernels for a convolution. */
  boolean has(Key key) {
    return is(key, conv -> conv.fits);
  }

  /** Whether there is also a fast one for {@link #ontoX}. */
  boolean hasOnto(Key key) {
    return is(key, conv -> conv.fits && conv.onto().fits);
  }

  /** Whether a convolution runs on tiles (AMX). */
  boolean isOnTiles(Key key) {
    return is(key, conv -> conv.fits && conv.tiles);
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

  /** The kernels of a convolution, with the threads that there are now. */
  private Conv of(Key key) {
    return kernels.get(key.now(), Conv::new);
  }

  private static Tensor room(long bytes) {
    return Tensor.empty(DType.UINT8, Device.CPU, bytes);
  }

  /** The convolution [N, K, H', W'] of x with a weight in fp32, in the type of x. */
  Tensor forward(Key key, Tensor x, Tensor weight, @Nullable Tensor bias) {
    ConvForm form = key.form();
    Tensor y =
        Tensor.emptyMap(x.dtype(), form.batch(), form.out(), form.outHeight(), form.outWidth());
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = of(key);
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
  Tensor byX(Key key, Tensor gradient, Tensor x, Tensor weight) {
    Tensor made = x.emptyLike();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = of(key);
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
   * Adds the gradient by x to another.
   *
   * @param sum in the form of x; read and written
   */
  void ontoX(Key key, Tensor gradient, Tensor weight, Tensor sum) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Onto onto = of(key).onto();
      Tensor packed = room(onto.packed);
      onto.pack.set(dnnl.DNNL_ARG_FROM, weight).set(dnnl.DNNL_ARG_TO, packed).run();
      onto.add
          .set(dnnl.DNNL_ARG_SRC, gradient)
          .set(dnnl.DNNL_ARG_WEIGHTS, packed)
          .set(dnnl.DNNL_ARG_DST, sum)
          .run();
    } finally {
      scope.close();
    }
  }

  /**
   * The gradient by the weight, in fp32.
   *
   * @param byBias [K], written; null where there is no bias
   */
  Tensor byWeight(Key key, Tensor gradient, Tensor x, Tensor weight, @Nullable Tensor byBias) {
    Tensor made = weight.emptyLike();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      of(key).byWeight.run(gradient, x, made, byBias);
      return made;
    } finally {
      scope.close();
    }
  }
}
