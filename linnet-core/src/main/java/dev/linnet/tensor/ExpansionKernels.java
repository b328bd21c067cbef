package dev.linnet.tensor;

import java.util.List;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * What {@link FusedExpansion} takes of {@link OneDnn}: products over all pixels of a map, in bf16,
 * summed in fp32. Weights lie as [K, C, 1, 1] in fp32 without gaps, maps channels-last in bf16.
 */
final class ExpansionKernels implements OneDnn.Kernel {
  private static final DType HALF = DType.BFLOAT16;

  private final ConvForm form;
  private final WeightProduct sums;
  private final WeightProduct moments;
  private final MapKernel ahead;
  private final WeightGradient byWeight;
  private final MapKernel within;
  private final MapKernel back;

  /**
   * What they are made for.
   *
   * @param form of the convolution, of one pixel
   * @param adds whether a residual is added
   * @param relu whether the result is rectified
   * @param threads that share the work
   */
  record Key(ConvForm form, boolean adds, boolean relu, int threads) {
    static Key of(Tensor x, Tensor weight, boolean adds, boolean relu) {
      return new Key(ConvForm.of(x, weight, Window.square(1, 0, 1)), adds, relu, Engine.threads());
    }
  }

  ExpansionKernels(OneDnn library, Key key) {
    form = key.form();
    sums = new WeightProduct(library, between(form.in(), 1), HALF);
    moments = new WeightProduct(library, between(form.in(), form.in()), HALF);
    MapKernel.Weighted own = weighted(form);
    ahead = MapKernel.ahead(library, own, new MapKernel.After(true, key.adds(), key.relu()));
    byWeight =
        new WeightKernel(library, SideBySide.none(form), HALF, own.own(false), row(form.out()));
    MapKernel.Weighted square = weighted(between(form.in(), form.in()));
    within = MapKernel.ahead(library, square, new MapKernel.After(true, false, false));
    back = MapKernel.ontoX(library, own);
  }

  /** From channels to channels over the same pixels. */
  private ConvForm between(long in, long out) {
    return new ConvForm(
        form.batch(), in, out, 1, 1, form.mapHeight(), form.mapWidth(), form.walk());
  }

  private static MapKernel.Weighted weighted(ConvForm form) {
    return new MapKernel.Weighted(form, HALF, List.of(form.in(), 1L, 1L, 1L));
  }

  private static memory.desc row(long channels) {
    return Kernels.rowMajor(DType.FLOAT32, channels);
  }

  @Override
  public void free() {
    for (OneDnn.Kernel part : List.of(sums, moments, ahead, byWeight, within, back)) {
      part.free();
    }
  }

  /** Σ x over all pixels, [C], fp32. */
  Tensor sums(Tensor x) {
    Tensor made = Tensor.empty(DType.FLOAT32, Device.CPU, form.in());
    PointerScopeOnce.run(
        () -> sums.run(Tensor.full(1, HALF, Device.CPU, form.pixels()), x, made, null));
    return made;
  }

  /** Σ x·xᵀ over all pixels, [C, C], fp32. */
  Tensor moments(Tensor x) {
    Tensor made = Tensor.empty(DType.FLOAT32, Device.CPU, form.in(), form.in());
    PointerScopeOnce.run(() -> moments.run(x, x, made, null));
    return made;
  }

  /**
   * weight · x + bias, with the residual added and rectified if so made: [N, K, H, W].
   *
   * @param bias [K], fp32
   */
  Tensor forward(Tensor x, Tensor weight, Tensor bias, @Nullable Tensor residual) {
    Tensor y = Tensor.emptyMap(HALF, form.batch(), form.out(), form.mapHeight(), form.mapWidth());
    PointerScopeOnce.run(() -> ahead.run(x, weight, bias, residual, y));
    return y;
  }

  /**
   * Σ gradient · xᵀ over all pixels, [K, C, 1, 1], fp32.
   *
   * @param sums [K], fp32: Σ gradient; written
   */
  Tensor byWeight(Tensor gradient, Tensor x, Tensor sums) {
    Tensor made = Tensor.empty(DType.FLOAT32, Device.CPU, form.out(), form.in(), 1, 1);
    PointerScopeOnce.run(() -> byWeight.run(gradient, x, made, sums));
    return made;
  }

  /**
   * weightᵀ · gradient + square · x + bias: [N, C, H, W].
   *
   * @param square [C, C], fp32
   * @param bias [C], fp32
   */
  Tensor byX(Tensor gradient, Tensor weight, Tensor x, Tensor square, Tensor bias) {
    Tensor made = x.emptyLike();
    PointerScopeOnce.run(
        () -> {
          within.run(x, square, bias, null, made);
          back.run(gradient, weight, made);
        });
    return made;
  }
}
