package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's kernels on libtorch's memory: what of a training step is memory-bound, in one pass where
 * libtorch takes several. All of [N, C, H, W] stored channels-last, fp32 or bf16, on the processor.
 *
 * <p>A kernel is made for a shape and kept; an object of this class is one thread's.
 */
final class OneDnn {
  /** Shapes whose kernels are kept; the least used are forgotten beyond. */
  private static final int KEPT = 2048;

  private static final ThreadLocal<OneDnn> OWN = ThreadLocal.withInitial(OneDnn::new);

  private final engine processor = Kernels.processor();
  private final stream queue = Kernels.kept(new stream(processor));
  private final Cache<NormKey, Norm> norms = new Cache<>();
  private final Cache<PlaneKey, Add> adds = new Cache<>();
  private final Cache<PlaneKey, Add> spreads = new Cache<>();
  private final Cache<PlaneKey, ReluBack> relus = new Cache<>();
  private final Cache<ConvKey, Conv> convs = new Cache<>();
  private final Cache<PoolKey, Pool> pools = new Cache<>();

  private OneDnn() {}

  /** This thread's. */
  static OneDnn own() {
    return OWN.get();
  }

  /** Its version, such as {@code 3.11.0}; fails where the library cannot be loaded. */
  static String version() {
    org.bytedeco.dnnl.dnnl_version_t v = dnnl.dnnl_version();
    return v.major() + "." + v.minor() + "." + v.patch();
  }

  /** Kernels by what they are made for. */
  private static final class Cache<K, V extends Kernel> {
    private final Map<K, V> kernels = new LinkedHashMap<>(64, 0.75f, true); // the least used first

    V get(K key, java.util.function.Function<K, V> make) {
      V kernel = kernels.computeIfAbsent(key, make);
      if (kernels.size() > KEPT) {
        Iterator<V> all = kernels.values().iterator();
        all.next().free();
        all.remove();
      }
      return kernel;
    }
  }

  /** Sizes and type of a tensor, and the threads that a kernel shares its work among. */
  private record PlaneKey(long n, long c, long h, long w, DType dtype, boolean relu, int threads) {
    static PlaneKey of(Tensor x, boolean relu) {
      return new PlaneKey(
          x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dtype(), relu, Engine.threads());
    }

    memory.desc form() {
      return Kernels.channelsLast(dtype, n, c, h, w);
    }
  }

  private record NormKey(PlaneKey plane, double eps) {
    /** Bytes from which a map does not stay in the cache between a norm's two passes. */
    private static final long LARGE = 8 << 20;

    /** Channels up to which the kernel reads memory in order when it is given few pixels a row. */
    private static final long NARROW = 256;

    private static final long FEW = 7;

    /**
     * The map as the norm's kernel is given it. To a norm all pixels are alike, so that they can be
     * told as many rows of few: the kernel, which takes the channels of a row in turns, reads large
     * maps in order then.
     */
    memory.desc form() {
      long pixels = plane.n() * plane.h() * plane.w();
      long bytes = pixels * plane.c() * plane.dtype().bytes();
      if (bytes < LARGE || plane.c() > NARROW) {
        return plane.form();
      }
      long few = FEW;
      while (pixels % few != 0) {
        few++;
      }
      return new PlaneKey(
              pixels / few, plane.c(), 1, few, plane.dtype(), plane.relu(), plane.threads())
          .form();
    }
  }

  /** One primitive and its arguments, whose addresses each call sets. */
  private final class Bound {
    final primitive code;
    final IntMemoryMap arguments = Kernels.kept(new IntMemoryMap());
    final Map<Integer, memory> memories = new LinkedHashMap<>();

    Bound(primitive code) {
      this.code = Kernels.kept(code);
    }

    Bound with(int argument, memory.desc form) {
      memory m = Kernels.kept(new memory(form, processor, (Pointer) null));
      memories.put(argument, m);
      arguments.put(argument, m);
      return this;
    }

    /** Sets the address of an argument. */
    Bound set(int argument, Tensor tensor) {
      memory m = memories.get(argument);
      if (m == null) {
        throw new IllegalStateException("no argument " + argument);
      }
      m.set_data_handle(tensor.handle().data_ptr());
      return this;
    }

    void run() {
      code.execute(queue, arguments);
      queue._wait();
    }

    void free() {
      memories.values().forEach(Pointer::releaseReference);
      arguments.releaseReference();
      code.releaseReference();
    }
  }

  /** What is kept for a shape. */
  private interface Kernel {
    void free();
  }

  // ------------------------------------------------------------------ batch norm

  /** Batch norm of a shape, with or without a rectifier behind it. */
  private final class Norm implements Kernel {
    final Bound forward;
    final Bound backward;
    final long maskBytes;

    Norm(NormKey key) {
      memory.desc x = key.form();
      int flags =
          dnnl.normalization_flags.use_scale.value
              | dnnl.normalization_flags.use_shift.value
              | (key.plane().relu() ? dnnl.normalization_flags.fuse_norm_relu.value : 0);
      batch_normalization_forward.primitive_desc ahead =
          new batch_normalization_forward.primitive_desc(
              processor, dnnl.prop_kind.forward_training.value, x, x, (float) key.eps(), flags);
      batch_normalization_backward.primitive_desc back =
          new batch_normalization_backward.primitive_desc(
              processor, dnnl.prop_kind.backward.value, x, x, x, (float) key.eps(), flags, ahead);
      memory.desc each =
          new memory.desc(new long[] {key.plane().c()}, memory.data_type.f32, memory.format_tag.a);
      maskBytes = key.plane().relu() ? ahead.workspace_desc().get_size() : 0;
      forward =
          new Bound(new batch_normalization_forward(ahead))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_DST, x)
              .with(dnnl.DNNL_ARG_MEAN, each)
              .with(dnnl.DNNL_ARG_VARIANCE, each)
              .with(dnnl.DNNL_ARG_SCALE, each)
              .with(dnnl.DNNL_ARG_SHIFT, each);
      backward =
          new Bound(new batch_normalization_backward(back))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_MEAN, each)
              .with(dnnl.DNNL_ARG_VARIANCE, each)
              .with(dnnl.DNNL_ARG_SCALE, each)
              .with(dnnl.DNNL_ARG_DIFF_DST, x)
              .with(dnnl.DNNL_ARG_DIFF_SRC, x)
              .with(dnnl.DNNL_ARG_DIFF_SCALE, each)
              .with(dnnl.DNNL_ARG_DIFF_SHIFT, each);
      if (key.plane().relu()) {
        forward.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
        backward.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
      }
    }

    @Override
    public void free() {
      forward.free();
      backward.free();
    }
  }

  private Norm norm(Tensor x, double eps, boolean relu) {
    return norms.get(new NormKey(PlaneKey.of(x, relu), eps), Norm::new);
  }

  /** Bytes of the mask that says where a norm's rectifier let through. */
  long maskBytes(Tensor x, double eps, boolean relu) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return norm(x, eps, relu).maskBytes;
    } finally {
      scope.close();
    }
  }

  /**
   * What a norm's forward pass reads and writes.
   *
   * @param mean [C], written; variance likewise, biased
   * @param mask written; empty without a rectifier
   */
  record NormForward(
      Tensor x, Tensor weight, Tensor bias, Tensor y, Tensor mean, Tensor variance, Tensor mask) {}

  /** y = bn(x), or relu(bn(x)). */
  void normForward(NormForward t, double eps, boolean relu) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Bound bound =
          norm(t.x(), eps, relu)
              .forward
              .set(dnnl.DNNL_ARG_SRC, t.x())
              .set(dnnl.DNNL_ARG_DST, t.y())
              .set(dnnl.DNNL_ARG_MEAN, t.mean())
              .set(dnnl.DNNL_ARG_VARIANCE, t.variance())
              .set(dnnl.DNNL_ARG_SCALE, t.weight())
              .set(dnnl.DNNL_ARG_SHIFT, t.bias());
      if (relu) {
        bound.set(dnnl.DNNL_ARG_WORKSPACE, t.mask());
      }
      bound.run();
    } finally {
      scope.close();
    }
  }

  /**
   * What a norm's way back reads and writes.
   *
   * @param gradient by the result
   * @param byX written, as are byWeight and byBias
   */
  record NormBackward(
      Tensor x,
      Tensor weight,
      Tensor mean,
      Tensor variance,
      Tensor mask,
      Tensor gradient,
      Tensor byX,
      Tensor byWeight,
      Tensor byBias) {}

  /** The gradients of {@link #normForward}. */
  void normBackward(NormBackward t, double eps, boolean relu) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Bound bound =
          norm(t.x(), eps, relu)
              .backward
              .set(dnnl.DNNL_ARG_SRC, t.x())
              .set(dnnl.DNNL_ARG_MEAN, t.mean())
              .set(dnnl.DNNL_ARG_VARIANCE, t.variance())
              .set(dnnl.DNNL_ARG_SCALE, t.weight())
              .set(dnnl.DNNL_ARG_DIFF_DST, t.gradient())
              .set(dnnl.DNNL_ARG_DIFF_SRC, t.byX())
              .set(dnnl.DNNL_ARG_DIFF_SCALE, t.byWeight())
              .set(dnnl.DNNL_ARG_DIFF_SHIFT, t.byBias());
      if (relu) {
        bound.set(dnnl.DNNL_ARG_WORKSPACE, t.mask());
      }
      bound.run();
    } finally {
      scope.close();
    }
  }

  // ------------------------------------------------------------------ convolutions

  /** Sizes, types and orders of a convolution's tensors, and how its kernel walks. */
  private record ConvKey(
      PlaneKey x, List<Long> weight, List<Long> strides, List<Long> window, boolean biased) {
    static ConvKey of(Tensor x, Tensor weight, Window window, boolean biased) {
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
      return new ConvKey(PlaneKey.of(x, false), sizes, strides, walk, biased);
    }

    long out(int side) {
      long in = side == 0 ? x.h() : x.w();
      long reach = window.get(4 + side) * (weight.get(2 + side) - 1) + 1;
      return (in + 2 * window.get(2 + side) - reach) / window.get(side) + 1;
    }

    long[] pair(int first, long less) {
      return new long[] {window.get(first) - less, window.get(first + 1) - less};
    }
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** What a convolution reads and writes; the weight lies there as each kernel likes it best. */
  private final class Conv implements Kernel {
    final Bound forward;
    final Bound back;
    final Bound byWeight;
    final Bound pack;
    final Bound packBack;
    final Bound unpack;
    final long packed;
    final long packedBack;
    final long unpacked;
    final boolean fits;

    Conv(ConvKey key) {
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
          new Bound(new convolution_forward(ahead))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_WEIGHTS, ahead.weights_desc())
              .with(dnnl.DNNL_ARG_DST, y);
      back =
          new Bound(new convolution_backward_data(way))
              .with(dnnl.DNNL_ARG_DIFF_SRC, x)
              .with(dnnl.DNNL_ARG_WEIGHTS, way.weights_desc())
              .with(dnnl.DNNL_ARG_DIFF_DST, y);
      byWeight =
          new Bound(new convolution_backward_weights(sum))
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
    }

    private Bound order(memory.desc from, memory.desc to) {
      reorder.primitive_desc form =
          new reorder.primitive_desc(processor, from, processor, to, new primitive_attr(), false);
      return new Bound(new reorder(form)).with(dnnl.DNNL_ARG_FROM, from).with(dnnl.DNNL_ARG_TO, to);
    }

    private boolean isFast(org.bytedeco.dnnl.primitive_desc_base form) {
      String name = form.impl_info_str().getString();
      return !name.startsWith("ref") && !name.contains("gemm:ref");
    }

    @Override
    public void free() {
      for (Bound bound : List.of(forward, back, byWeight, pack, packBack, unpack)) {
        bound.free();
      }
    }
  }

  /** Whether there are fast kernels for a convolution. */
  boolean hasConv(Tensor x, Tensor weight, Window window, boolean biased) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return convs.get(ConvKey.of(x, weight, window, biased), Conv::new).fits;
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
  Tensor conv(Tensor x, Tensor weight, @Nullable Tensor bias, Window window) {
    ConvKey key = ConvKey.of(x, weight, window, bias != null);
    Tensor y = Tensor.emptyMap(x.dtype(), x.dim(0), weight.dim(0), key.out(0), key.out(1));
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = convs.get(key, Conv::new);
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
  Tensor convByX(Tensor gradient, Tensor x, Tensor weight, Window window, boolean biased) {
    Tensor made = x.emptyLike();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = convs.get(ConvKey.of(x, weight, window, biased), Conv::new);
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
  Tensor convByWeight(
      Tensor gradient, Tensor x, Tensor weight, Window window, @Nullable Tensor byBias) {
    Tensor made = weight.emptyLike();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Conv conv = convs.get(ConvKey.of(x, weight, window, byBias != null), Conv::new);
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

  // ------------------------------------------------------------------ pooling

  /**
   * A pool: what is read, the kernel's sides, how it walks, and the result's sides.
   *
   * @param max whether the largest value is taken, else the mean of what is within the map
   */
  record PoolForm(boolean max, int kernel, int stride, int padding, long height, long width) {}

  private record PoolKey(PlaneKey x, PoolForm form) {}

  /** What a pool reads and writes; the mask says which value was the largest. */
  private final class Pool implements Kernel {
    final Bound forward;
    final Bound back;
    final long maskBytes;

    Pool(PoolKey key) {
      PlaneKey in = key.x();
      PoolForm form = key.form();
      memory.desc x = in.form();
      memory.desc y = Kernels.channelsLast(in.dtype(), in.n(), in.c(), form.height(), form.width());
      dnnl.algorithm kind =
          form.max() ? dnnl.algorithm.pooling_max : dnnl.algorithm.pooling_avg_exclude_padding;
      long[] kernel = {form.kernel(), form.kernel()};
      long[] stride = {form.stride(), form.stride()};
      long[] dense = {0, 0};
      long[] before = {form.padding(), form.padding()};
      long[] after = {
        Math.max(0, (form.height() - 1) * stride[0] + kernel[0] - in.h() - before[0]),
        Math.max(0, (form.width() - 1) * stride[1] + kernel[1] - in.w() - before[1])
      };
      primitive_attr plain = new primitive_attr();
      pooling_forward.primitive_desc ahead =
          new pooling_forward.primitive_desc(
              processor,
              dnnl.prop_kind.forward_training,
              kind,
              x,
              y,
              stride,
              kernel,
              dense,
              before,
              after,
              plain,
              false);
      pooling_backward.primitive_desc way =
          new pooling_backward.primitive_desc(
              processor, kind, x, y, stride, kernel, dense, before, after, ahead, plain, false);
      maskBytes = form.max() ? ahead.workspace_desc().get_size() : 0;
      forward =
          new Bound(new pooling_forward(ahead))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_DST, y);
      back =
          new Bound(new pooling_backward(way))
              .with(dnnl.DNNL_ARG_DIFF_SRC, x)
              .with(dnnl.DNNL_ARG_DIFF_DST, y);
      if (form.max()) {
        forward.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
        back.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
      }
    }

    @Override
    public void free() {
      forward.free();
      back.free();
    }
  }

  private Pool pool(Tensor x, PoolForm form) {
    return pools.get(new PoolKey(PlaneKey.of(x, false), form), Pool::new);
  }

  /** Bytes of the mask that says where a pool found its values. */
  long poolMaskBytes(Tensor x, PoolForm form) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return pool(x, form).maskBytes;
    } finally {
      scope.close();
    }
  }

  /**
   * Pools x into y.
   *
   * @param mask written; empty for means
   */
  void poolForward(Tensor x, PoolForm form, Tensor y, Tensor mask) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Bound bound = pool(x, form).forward.set(dnnl.DNNL_ARG_SRC, x).set(dnnl.DNNL_ARG_DST, y);
      if (form.max()) {
        bound.set(dnnl.DNNL_ARG_WORKSPACE, mask);
      }
      bound.run();
    } finally {
      scope.close();
    }
  }

  /** The gradient by what was pooled, into byX. */
  void poolBackward(Tensor gradient, PoolForm form, Tensor byX, Tensor mask) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Bound bound =
          pool(byX, form)
              .back
              .set(dnnl.DNNL_ARG_DIFF_DST, gradient)
              .set(dnnl.DNNL_ARG_DIFF_SRC, byX);
      if (form.max()) {
        bound.set(dnnl.DNNL_ARG_WORKSPACE, mask);
      }
      bound.run();
    } finally {
      scope.close();
    }
  }

  // ------------------------------------------------------------------ sums and rectifiers

  /** The sum of two tensors, of a shape or the second of one pixel a channel. */
  private final class Add implements Kernel {
    final Bound bound;

    Add(PlaneKey key, boolean spreads) {
      memory.desc x = key.form();
      memory.desc b = spreads ? Kernels.channelsLast(key.dtype(), key.n(), key.c(), 1, 1) : x;
      primitive_attr attributes = new primitive_attr();
      if (key.relu()) {
        post_ops after = new post_ops();
        after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
        attributes.set_post_ops(after);
      }
      bound =
          new Bound(
                  new binary(
                      new binary.primitive_desc(
                          processor, dnnl.algorithm.binary_add, x, b, x, attributes, false)))
              .with(dnnl.DNNL_ARG_SRC_0, x)
              .with(dnnl.DNNL_ARG_SRC_1, b)
              .with(dnnl.DNNL_ARG_DST, x);
    }

    @Override
    public void free() {
      bound.free();
    }
  }

  /** a + b, or relu(a + b), into y, which may be one of them. */
  void add(Tensor a, Tensor b, Tensor y, boolean relu) {
    add(adds.get(PlaneKey.of(a, relu), key -> new Add(key, false)), a, b, y);
  }

  /** a + b into y, which may be a; b, [N, C, 1, 1], goes to all pixels. */
  void addSpread(Tensor a, Tensor b, Tensor y) {
    add(spreads.get(PlaneKey.of(a, false), key -> new Add(key, true)), a, b, y);
  }

  private static void add(Add kernel, Tensor a, Tensor b, Tensor y) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      kernel
          .bound
          .set(dnnl.DNNL_ARG_SRC_0, a)
          .set(dnnl.DNNL_ARG_SRC_1, b)
          .set(dnnl.DNNL_ARG_DST, y)
          .run();
    } finally {
      scope.close();
    }
  }

  /** A rectifier's way back, from its result. */
  private final class ReluBack implements Kernel {
    final Bound bound;

    ReluBack(PlaneKey key) {
      memory.desc x = key.form();
      eltwise_forward.primitive_desc ahead =
          new eltwise_forward.primitive_desc(
              processor,
              dnnl.prop_kind.forward_training,
              dnnl.algorithm.eltwise_relu_use_dst_for_bwd,
              x,
              x,
              0f);
      bound =
          new Bound(
                  new eltwise_backward(
                      new eltwise_backward.primitive_desc(
                          processor,
                          dnnl.algorithm.eltwise_relu_use_dst_for_bwd,
                          x,
                          x,
                          x,
                          0f,
                          ahead)))
              .with(dnnl.DNNL_ARG_DST, x)
              .with(dnnl.DNNL_ARG_DIFF_DST, x)
              .with(dnnl.DNNL_ARG_DIFF_SRC, x);
    }

    @Override
    public void free() {
      bound.free();
    }
  }

  /** The gradient where y, a rectifier's result, is above 0, else 0; into byX. */
  void reluBackward(Tensor y, Tensor gradient, Tensor byX) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      relus
          .get(PlaneKey.of(y, true), ReluBack::new)
          .bound
          .set(dnnl.DNNL_ARG_DST, y)
          .set(dnnl.DNNL_ARG_DIFF_DST, gradient)
          .set(dnnl.DNNL_ARG_DIFF_SRC, byX)
          .run();
    } finally {
      scope.close();
    }
  }
}
