package dev.linnet.tensor;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

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
  private final Cache<NormKey, Normalization> normalizations = new Cache<>();
  private final Cache<PlaneKey, Add> adds = new Cache<>();
  private final Cache<PlaneKey, Add> spreads = new Cache<>();
  private final Cache<PlaneKey, ReluBack> relus = new Cache<>();

  /** Convolutions. */
  final ConvKernels convolutions = new ConvKernels(this);

  private final Cache<ExpansionKernels.Key, ExpansionKernels> expansions = new Cache<>();

  /** Pools. */
  final PoolKernels pools = new PoolKernels(this);

  /** For a weight, or its gradient, in the order that a kernel likes. */
  final Room weights = new Room();

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

  /**
   * Whether maps in bf16 are multiplied in fp32: the same products and sums, or more exact ones. By
   * measurement (decision 0039).
   */
  static boolean widens() {
    int sets = dnnl.dnnl_get_effective_cpu_isa(); // without what oneDNN was told to leave alone
    boolean halvesWithoutTiles =
        sets == dnnl.dnnl_cpu_isa_avx512_core_bf16 || sets == dnnl.dnnl_cpu_isa_avx512_core_fp16;
    return halvesWithoutTiles && Processor.here().halvesAreSlow();
  }

  /** Kernels by what they are made for. */
  static final class Cache<K, V extends Kernel> {
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
  record PlaneKey(long n, long c, long h, long w, DType dtype, boolean relu, int threads) {
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

    /** Channels from which few pixels fill the cache; from 1,024 on it gains up to a half. */
    private static final long WIDE = 1024;

    private static final long FEW = 7;

    /**
     * The map as the norm's kernel is given it. To a norm all pixels are alike, so that they can be
     * told as many rows of few: the kernel, which takes the channels of a row in turns, reads large
     * maps in order then, and finds those of many channels in the cache.
     */
    memory.desc form() {
      long pixels = plane.n() * plane.h() * plane.w();
      long bytes = pixels * plane.c() * plane.dtype().bytes();
      boolean inRows = plane.c() <= NARROW ? bytes >= LARGE : plane.c() >= WIDE;
      if (!inRows || pixels < FEW) {
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
  final class Bound implements Kernel {
    final primitive code;
    final IntMemoryMap arguments = Kernels.kept(new IntMemoryMap());
    final Map<Integer, memory> memories = new LinkedHashMap<>();

    Bound(primitive code) {
      this.code = Kernels.kept(code);
    }

    /** Has an argument; none where the form is empty. */
    Bound with(int argument, memory.desc form) {
      if (form.get_size() == 0) {
        return this;
      }
      memory m = Kernels.kept(new memory(form, processor, (Pointer) null));
      memories.put(argument, m);
      arguments.put(argument, m);
      return this;
    }

    /** Sets the address of an argument. */
    Bound set(int argument, Tensor tensor) {
      return set(argument, tensor.handle().data_ptr());
    }

    /** Sets the address of an argument to one inside a tensor. */
    Bound set(int argument, Tensor tensor, long bytes) {
      BytePointer inside = new BytePointer(tensor.handle().data_ptr());
      return set(argument, inside.getPointer(bytes));
    }

    private Bound set(int argument, Pointer address) {
      memory m = memories.get(argument);
      if (m == null) {
        throw new IllegalStateException("no argument " + argument);
      }
      m.set_data_handle(address);
      return this;
    }

    void run() {
      code.execute(queue, arguments);
      queue._wait();
    }

    @Override
    public void free() {
      memories.values().forEach(Pointer::releaseReference);
      arguments.releaseReference();
      code.releaseReference();
    }
  }

  /** A copy from one form into another. */
  Bound order(memory.desc from, memory.desc to) {
    reorder.primitive_desc form =
        new reorder.primitive_desc(processor, from, processor, to, new primitive_attr(), false);
    return new Bound(new reorder(form)).with(dnnl.DNNL_ARG_FROM, from).with(dnnl.DNNL_ARG_TO, to);
  }

  /** What is kept for a shape. */
  interface Kernel {
    void free();
  }

  /** Those of a {@link FusedExpansion}. */
  ExpansionKernels expansion(ExpansionKernels.Key key) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return expansions.get(key, k -> new ExpansionKernels(this, k));
    } finally {
      scope.close();
    }
  }

  // ------------------------------------------------------------------ batch norm

  /** Batch norm of a shape, with or without a rectifier behind it. */
  private final class Norm implements Kernel {
    final Bound forward;
    final Bound backward;
    final long maskBytes;

    Norm(NormKey key) {
      memory.desc x = key.form();
      int flags = flags(key);
      batch_normalization_forward.primitive_desc ahead =
          new batch_normalization_forward.primitive_desc(
              processor, dnnl.prop_kind.forward_training.value, x, x, (float) key.eps(), flags);
      batch_normalization_backward.primitive_desc back =
          new batch_normalization_backward.primitive_desc(
              processor, dnnl.prop_kind.backward.value, x, x, x, (float) key.eps(), flags, ahead);
      maskBytes = key.plane().relu() ? ahead.workspace_desc().get_size() : 0;
      forward = normForward(key, ahead);
      memory.desc each = each(key);
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
        backward.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
      }
    }

    @Override
    public void free() {
      forward.free();
      backward.free();
    }
  }

  /** The same by a mean and a variance that are given; {@link Norm} has its way back. */
  private final class Normalization implements Kernel {
    final Bound forward;

    Normalization(NormKey key) {
      memory.desc x = key.form();
      int flags = flags(key) | dnnl.normalization_flags.use_global_stats.value;
      batch_normalization_forward.primitive_desc ahead =
          new batch_normalization_forward.primitive_desc(
              processor, dnnl.prop_kind.forward_training.value, x, x, (float) key.eps(), flags);
      forward = normForward(key, ahead);
    }

    @Override
    public void free() {
      forward.free();
    }
  }

  private static int flags(NormKey key) {
    return dnnl.normalization_flags.use_scale.value
        | dnnl.normalization_flags.use_shift.value
        | (key.plane().relu() ? dnnl.normalization_flags.fuse_norm_relu.value : 0);
  }

  private Bound normForward(NormKey key, batch_normalization_forward.primitive_desc ahead) {
    memory.desc x = key.form();
    memory.desc each = each(key);
    Bound made =
        new Bound(new batch_normalization_forward(ahead))
            .with(dnnl.DNNL_ARG_SRC, x)
            .with(dnnl.DNNL_ARG_DST, x)
            .with(dnnl.DNNL_ARG_MEAN, each)
            .with(dnnl.DNNL_ARG_VARIANCE, each)
            .with(dnnl.DNNL_ARG_SCALE, each)
            .with(dnnl.DNNL_ARG_SHIFT, each);
    return key.plane().relu() ? made.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc()) : made;
  }

  /** A number a channel. */
  private static memory.desc each(NormKey key) {
    return new memory.desc(new long[] {key.plane().c()}, memory.data_type.f32, memory.format_tag.a);
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
    PointerScopeOnce.run(() -> run(norm(t.x(), eps, relu).forward, t, relu));
  }

  /** The same by the mean and the variance that are there already. */
  void normalize(NormForward t, double eps, boolean relu) {
    NormKey key = new NormKey(PlaneKey.of(t.x(), relu), eps);
    PointerScopeOnce.run(() -> run(normalizations.get(key, Normalization::new).forward, t, relu));
  }

  private static void run(Bound kernel, NormForward t, boolean relu) {
    kernel
        .set(dnnl.DNNL_ARG_SRC, t.x())
        .set(dnnl.DNNL_ARG_DST, t.y())
        .set(dnnl.DNNL_ARG_MEAN, t.mean())
        .set(dnnl.DNNL_ARG_VARIANCE, t.variance())
        .set(dnnl.DNNL_ARG_SCALE, t.weight())
        .set(dnnl.DNNL_ARG_SHIFT, t.bias());
    if (relu) {
      kernel.set(dnnl.DNNL_ARG_WORKSPACE, t.mask());
    }
    kernel.run();
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
