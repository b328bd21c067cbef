package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/** Convolutions of all channels in training, of {@link OneDnn}, found by their {@link Key}. */
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

    MapKernel.Weighted weighted() {
      return new MapKernel.Weighted(form, dtype, strides);
    }

    memory.desc bias() {
      return biased
          ? new memory.desc(new long[] {form.out()}, memory.data_type.f32, memory.format_tag.a)
          : new memory.desc();
    }
  }

  /** A convolution and its gradients. */
  private final class Conv implements OneDnn.Kernel {
    final MapKernel forward;
    final MapKernel back;
    final WeightGradient byWeight;
    final boolean fits;
    final boolean tiles;
    private final Key key;
    private @Nullable MapKernel onto;

    Conv(Key key) {
      this.key = key;
      MapKernel.Weighted weighted = key.weighted();
      forward = MapKernel.ahead(library, weighted, new MapKernel.After(key.biased, false, false));
      back = MapKernel.byX(library, weighted);
      ConvForm form = key.form;
      String sum =
          MapKernel.name(form.byWeight(key.dtype, key.bias(), form.ahead(key.dtype, key.bias())));
      fits = forward.isFast() && back.isFast() && MapKernel.isFast(sum);
      tiles = key.dtype == DType.BFLOAT16 && sum.contains("amx");
      byWeight = byWeight(form);
    }

    private WeightGradient byWeight(ConvForm form) {
      if (tiles && !key.biased && key.isChannelsLast() && WeightProduct.pays(form)) {
        return new WeightProduct(library, form);
      }
      SideBySide places = tiles ? SideBySide.onTiles(form) : SideBySide.none(form);
      return new WeightKernel(library, places, key.dtype, key.weighted().own(false), key.bias());
    }

    /** Made when it is first asked for: only forks do. */
    MapKernel onto() {
      MapKernel made = onto == null ? MapKernel.ontoX(library, key.weighted()) : onto;
      onto = made;
      return made;
    }

    @Override
    public void free() {
      for (OneDnn.Kernel part : List.of(forward, back, byWeight)) {
        part.free();
      }
      if (onto != null) {
        onto.free();
      }
    }
  }

  /** Whether there are fast kernels for a convolution. */
  boolean has(Key key) {
    return is(key, conv -> conv.fits);
  }

  /** Whether there is also a fast one for {@link #ontoX}. */
  boolean hasOnto(Key key) {
    return is(key, conv -> conv.fits && conv.onto().isFast());
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

  /** The convolution [N, K, H', W'] of x with a weight in fp32, in the type of x. */
  Tensor forward(Key key, Tensor x, Tensor weight, @Nullable Tensor bias) {
    ConvForm form = key.form();
    Tensor y =
        Tensor.emptyMap(x.dtype(), form.batch(), form.out(), form.outHeight(), form.outWidth());
    PointerScopeOnce.run(() -> of(key).forward.run(x, weight, bias, null, y));
    return y;
  }

  /** The gradient by x. */
  Tensor byX(Key key, Tensor gradient, Tensor x, Tensor weight) {
    Tensor made = x.emptyLike();
    PointerScopeOnce.run(() -> of(key).back.run(gradient, weight, made));
    return made;
  }

  /**
   * Adds the gradient by x to another.
   *
   * @param sum in the form of x; read and written
   */
  void ontoX(Key key, Tensor gradient, Tensor weight, Tensor sum) {
    PointerScopeOnce.run(() -> of(key).onto().run(gradient, weight, sum));
  }

  /**
   * The gradient by the weight, in fp32, where it is {@linkplain GradientPlaces wanted}.
   *
   * @param byBias [K], written; null where there is no bias
   */
  Tensor byWeight(Key key, Tensor gradient, Tensor x, Tensor weight, @Nullable Tensor byBias) {
    Tensor made = GradientPlaces.of(weight);
    PointerScopeOnce.run(() -> of(key).byWeight.run(gradient, x, made, byBias));
    return made;
  }
}
