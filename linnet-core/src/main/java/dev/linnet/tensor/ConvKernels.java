package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of all channels in training, of {@link OneDnn}, found by their {@link Key}. Maps in
 * bf16 are multiplied in bf16, or {@linkplain WideConv in fp32} where the processor is faster so.
 */
final class ConvKernels {
  private final OneDnn library;
  private final OneDnn.Cache<Key, ConvPasses> kernels = new OneDnn.Cache<>();
  private final WideConv.Rooms rooms = new WideConv.Rooms();
  private DType halves = Fusion.products(DType.BFLOAT16);

  /**
   * @param library whose thread it is
   */
  ConvKernels(OneDnn library) {
    this.library = library;
  }

  /** Whether maps in bf16 are multiplied in fp32. */
  boolean widens() {
    return halves == DType.FLOAT32;
  }

  /**
   * Has maps in bf16 multiplied in a type, instead of the one that is faster here.
   *
   * @return the type before
   */
  DType multiplyHalvesIn(DType type) {
    DType before = halves;
    halves = type;
    return before;
  }

  /**
   * Sizes, types and orders of a convolution's tensors, and the threads that share its work: what
   * its kernels are found by. A function keeps it, as it takes long to work out for a small map.
   */
  static final class Key {
    private final ConvForm form;
    private final DType dtype;
    private final DType products;
    private final List<Long> strides;
    private final boolean biased;
    private final int threads;
    private final int hash;

    private Key(
        ConvForm form,
        DType dtype,
        DType products,
        List<Long> strides,
        boolean biased,
        int threads) {
      this.form = form;
      this.dtype = dtype;
      this.products = products;
      this.strides = strides;
      this.biased = biased;
      this.threads = threads;
      this.hash = Objects.hash(form, dtype, products, strides, biased, threads);
    }

    static Key of(Tensor x, Tensor weight, Window window, boolean biased) {
      List<Long> strides = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        strides.add(weight.handle().stride(i));
      }
      DType type = x.dtype();
      DType products = type == DType.BFLOAT16 ? OneDnn.own().convolutions.halves : type;
      ConvForm form = ConvForm.of(x, weight, window);
      return new Key(form, type, products, strides, biased, Engine.threads());
    }

    /** With the threads that there are now. */
    private Key now() {
      int count = Engine.threads();
      return count == threads ? this : new Key(form, dtype, products, strides, biased, count);
    }

    /** Of fewer pictures, in the type of the products. */
    Key part(long pictures) {
      return new Key(form.of(pictures), products, products, strides, biased, threads);
    }

    DType dtype() {
      return dtype;
    }

    /** Whether maps are multiplied in another type than they are stored in. */
    private boolean widens() {
      return dtype != products;
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
              && products == key.products
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

  private ConvPasses made(Key key) {
    return key.widens()
        ? new WideConv(library, key, part -> new Conv(library, part), rooms)
        : new Conv(library, key);
  }

  /** A convolution and its gradients in the type in which maps are stored. */
  private static final class Conv implements ConvPasses {
    private final OneDnn library;
    private final Key key;
    private final MapKernel forward;
    private final MapKernel back;
    private final WeightGradient byWeight;
    private final boolean fits;
    private final boolean tiles;
    private @Nullable MapKernel onto;

    Conv(OneDnn library, Key key) {
      this.library = library;
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
      if (key.isChannelsLast()
          && (tiles ? !key.biased && WeightProduct.pays(form) : form.isOfRows())) {
        return new WeightProduct(library, form, key.dtype);
      }
      SideBySide places = tiles ? SideBySide.onTiles(form) : SideBySide.none(form);
      return new WeightKernel(library, places, key.dtype, key.weighted().own(false), key.bias());
    }

    /** Made when it is first asked for: only forks do. */
    private MapKernel onto() {
      MapKernel made = onto == null ? MapKernel.ontoX(library, key.weighted()) : onto;
      onto = made;
      return made;
    }

    @Override
    public boolean fits() {
      return fits;
    }

    @Override
    public boolean addsFast() {
      return onto().isFast();
    }

    @Override
    public boolean isOnTiles() {
      return tiles;
    }

    @Override
    public void forward(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y) {
      forward.run(x, weight, bias, null, y);
    }

    @Override
    public void byX(Tensor gradient, Tensor weight, Tensor made) {
      back.run(gradient, weight, made);
    }

    @Override
    public void ontoX(Tensor gradient, Tensor weight, Tensor sum) {
      onto().run(gradient, weight, sum);
    }

    @Override
    public void byWeight(Tensor gradient, Tensor x, Tensor made, @Nullable Tensor byBias) {
      byWeight.run(gradient, x, made, byBias);
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
    return is(key, ConvPasses::fits);
  }

  /** Whether there is also a fast one for {@link #ontoX}. */
  boolean hasOnto(Key key) {
    return is(key, conv -> conv.fits() && conv.addsFast());
  }

  /** Whether a convolution runs on tiles (AMX). */
  boolean isOnTiles(Key key) {
    return is(key, conv -> conv.fits() && conv.isOnTiles());
  }

  private boolean is(Key key, Predicate<ConvPasses> what) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return what.test(kernels.get(key, this::made));
    } catch (RuntimeException e) { // not implemented for this
      return false;
    } finally {
      scope.close();
    }
  }

  /** The kernels of a convolution, with the threads that there are now. */
  private ConvPasses of(Key key) {
    return kernels.get(key.now(), this::made);
  }

  /** Room for the convolution [N, K, H', W'] of x, in its type. */
  static Tensor room(Key key, Tensor x) {
    ConvForm form = key.form();
    return Tensor.emptyMap(x.dtype(), form.batch(), form.out(), form.outHeight(), form.outWidth());
  }

  /**
   * The convolution of x with a weight in fp32.
   *
   * @param y written
   */
  void forward(Key key, Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y) {
    PointerScopeOnce.run(() -> of(key).forward(x, weight, bias, y));
  }

  /**
   * The gradient by x.
   *
   * @param made in the form of x; written
   */
  void byX(Key key, Tensor gradient, Tensor weight, Tensor made) {
    PointerScopeOnce.run(() -> of(key).byX(gradient, weight, made));
  }

  /**
   * Adds the gradient by x to another.
   *
   * @param sum in the form of x; read and written
   */
  void ontoX(Key key, Tensor gradient, Tensor weight, Tensor sum) {
    PointerScopeOnce.run(() -> of(key).ontoX(gradient, weight, sum));
  }

  /**
   * The gradient by the weight, in fp32, where it is {@linkplain GradientPlaces wanted}.
   *
   * @param byBias [K], written; null where there is no bias
   */
  Tensor byWeight(Key key, Tensor gradient, Tensor x, Tensor weight, @Nullable Tensor byBias) {
    Tensor made = GradientPlaces.of(weight);
    PointerScopeOnce.run(() -> of(key).byWeight(gradient, x, made, byBias));
    return made;
  }
}
