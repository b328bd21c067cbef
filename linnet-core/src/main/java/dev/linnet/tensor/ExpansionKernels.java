package dev.linnet.tensor;

import dev.linnet.tensor.OneDnn.Bound;
import java.util.List;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.jspecify.annotations.Nullable;

/**
 * What {@link FusedExpansion} takes of {@link OneDnn}: products over all pixels of a map, in bf16,
 * summed in fp32. Weights lie as [K, C, 1, 1] in fp32 without gaps, maps channels-last in bf16.
 */
final class ExpansionKernels implements OneDnn.Kernel {
  private static final DType HALF = DType.BFLOAT16;
  private static final int RESIDUAL =
      dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1;

  private final ConvForm form;
  private final WeightProduct sums;
  private final WeightProduct moments;
  private final Pointwise ahead;
  private final WeightGradient byWeight;
  private final Pointwise within;
  private final Pointwise back;

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
    sums = new WeightProduct(library, between(form.in(), 1));
    moments = new WeightProduct(library, between(form.in(), form.in()));
    post_ops after = new post_ops();
    if (key.adds()) {
      after.append_binary(dnnl.algorithm.binary_add, form.y(HALF));
    }
    if (key.relu()) {
      after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
    }
    ahead = new Pointwise(library, form, Lies.OUT_IN, true, after);
    if (key.adds()) {
      ahead.code.with(RESIDUAL, form.y(HALF));
    }
    byWeight =
        new WeightKernel(
            library, SideBySide.none(form), HALF, Lies.OUT_IN.form(form), row(form.out()));
    within =
        new Pointwise(library, between(form.in(), form.in()), Lies.OUT_IN, true, new post_ops());
    post_ops onto = new post_ops();
    onto.append_sum();
    back = new Pointwise(library, between(form.out(), form.in()), Lies.IN_OUT, false, onto);
  }

  /** From channels to channels over the same pixels. */
  private ConvForm between(long in, long out) {
    return new ConvForm(
        form.batch(), in, out, 1, 1, form.mapHeight(), form.mapWidth(), form.walk());
  }

  private static memory.desc row(long channels) {
    return Kernels.rowMajor(DType.FLOAT32, channels);
  }

  /** How a weight lies. */
  private enum Lies {
    OUT_IN,
    IN_OUT;

    memory.desc form(ConvForm of) {
      return new memory.desc(
          new long[] {of.out(), of.in(), 1, 1},
          memory.data_type.f32,
          this == OUT_IN ? new long[] {of.in(), 1, 1, 1} : new long[] {1, of.out(), 1, 1});
    }
  }

  /** A product of each pixel's channels with a weight. */
  private static final class Pointwise implements OneDnn.Kernel {
    final Bound pack;
    final Bound code;
    final long packed;

    Pointwise(OneDnn library, ConvForm form, Lies weight, boolean biased, post_ops after) {
      primitive_attr attributes = new primitive_attr();
      attributes.set_post_ops(after);
      memory.desc bias = biased ? row(form.out()) : new memory.desc();
      convolution_forward.primitive_desc kernel = form.ahead(HALF, bias, attributes);
      packed = kernel.weights_desc().get_size();
      pack = library.order(weight.form(form), kernel.weights_desc());
      code =
          library.new Bound(new convolution_forward(kernel))
              .with(dnnl.DNNL_ARG_SRC, form.x(HALF))
              .with(dnnl.DNNL_ARG_WEIGHTS, kernel.weights_desc())
              .with(dnnl.DNNL_ARG_BIAS, bias)
              .with(dnnl.DNNL_ARG_DST, form.y(HALF));
    }

    void run(Tensor x, Tensor weight, Tensor y) {
      Tensor room = Tensor.empty(DType.UINT8, Device.CPU, packed);
      pack.set(dnnl.DNNL_ARG_FROM, weight).set(dnnl.DNNL_ARG_TO, room).run();
      code.set(dnnl.DNNL_ARG_SRC, x)
          .set(dnnl.DNNL_ARG_WEIGHTS, room)
          .set(dnnl.DNNL_ARG_DST, y)
          .run();
    }

    @Override
    public void free() {
      pack.free();
      code.free();
    }
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
    PointerScopeOnce.run(
        () -> {
          ahead.code.set(dnnl.DNNL_ARG_BIAS, bias);
          if (residual != null) {
            ahead.code.set(RESIDUAL, residual);
          }
          ahead.run(x, weight, y);
        });
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
          within.code.set(dnnl.DNNL_ARG_BIAS, bias);
          within.run(x, square, made);
          back.run(gradient, weight, made);
        });
    return made;
  }
}
