package dev.linnet.tensor;

import dev.linnet.tensor.OneDnn.Bound;
import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.deconvolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.jspecify.annotations.Nullable;

/**
 * A kernel from a map and a weight to a map: a convolution of all channels, or its gradient by x.
 * The weight, in fp32, is cast and put into the order that the kernel likes best each time.
 *
 * <p>A 1×1 convolution is one product of matrices, [pixels, C] · [C, K], and its gradient by x
 * another. On tiles (AMX) oneDNN's product takes about two thirds of the time of its convolution.
 */
final class MapKernel implements OneDnn.Kernel {
  /** Channels to sum over from which a product is faster. */
  private static final long WIDE = 128;

  /** Channels of the result from which it is. */
  private static final long ENOUGH = 64;

  /** Pixels up to which a product of many channels into few is slower again. */
  private static final long FEW = 1024;

  private static final long MANY = 1024;
  private static final long NARROW = 512;

  private static final int RESIDUAL =
      dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1;

  private final Room weights;
  private final Bound pack;
  private final Bound code;
  private final long packed;
  private final int from;
  private final int to;
  private final boolean fast;

  private MapKernel(
      OneDnn library, memory.desc own, memory.desc liked, Bound code, Arguments names, String how) {
    weights = library.weights;
    pack = library.order(own, liked);
    this.code = code;
    packed = liked.get_size();
    from = names.from();
    to = names.to();
    fast = isFast(how);
  }

  /** What a kernel's map in and map out are called. */
  private record Arguments(int from, int to) {
    static final Arguments AHEAD = new Arguments(dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DST);
    static final Arguments BACK = new Arguments(dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_DIFF_SRC);
  }

  /**
   * What is done to a result on the way.
   *
   * @param biased whether a bias [K] is added
   * @param adds whether a residual of the result's form is
   * @param relu whether it is rectified then
   */
  record After(boolean biased, boolean adds, boolean relu) {
    static final After NOTHING = new After(false, false, false);

    private primitive_attr attributes(memory.desc y) {
      post_ops operations = new post_ops();
      if (adds) {
        operations.append_binary(dnnl.algorithm.binary_add, y);
      }
      if (relu) {
        operations.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
      }
      return with(operations);
    }
  }

  /**
   * A convolution and how its weight [K, C, h, w] lies.
   *
   * @param strides of the weight
   */
  record Weighted(ConvForm form, DType dtype, List<Long> strides) {
    /** As [K, C, h, w], or as [C, K, h, w]. */
    memory.desc own(boolean turned) {
      long[] sizes = {form.out(), form.in(), form.height(), form.width()};
      long[] steps = strides.stream().mapToLong(Long::longValue).toArray();
      return turned
          ? new memory.desc(turned(sizes), memory.data_type.f32, turned(steps))
          : new memory.desc(sizes, memory.data_type.f32, steps);
    }

    private static long[] turned(long... of) {
      return new long[] {of[1], of[0], of[2], of[3]};
    }
  }

  /** Whether a result takes the place of what lies there, or is added to it. */
  enum Writes {
    ANEW,
    ONTO
  }

  /** Whether a product over channels is faster than a 1×1 convolution; by measurement. */
  static boolean pays(long pixels, long in, long out) {
    return in >= WIDE && out >= ENOUGH && !(pixels <= FEW && in > MANY && out <= NARROW);
  }

  private static primitive_attr with(post_ops operations) {
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(operations);
    return attributes;
  }

  private static primitive_attr sum() {
    post_ops operations = new post_ops();
    operations.append_sum();
    return with(operations);
  }

  /** What oneDNN calls a kernel, such as {@code brgconv_1x1:avx10_1_512_amx}. */
  static String name(primitive_desc_base code) {
    return code.impl_info_str().getString();
  }

  /** Whether a kernel of a name is none of those for all cases. */
  static boolean isFast(String name) {
    return !name.startsWith("ref") && !name.contains(":ref") && !name.contains(":any");
  }

  /** The convolution. */
  static MapKernel ahead(OneDnn library, Weighted weighted, After after) {
    ConvForm form = weighted.form();
    DType dtype = weighted.dtype();
    memory.desc y = form.y(dtype);
    memory.desc bias =
        after.biased() ? Kernels.rowMajor(DType.FLOAT32, form.out()) : new memory.desc();
    convolution_forward.primitive_desc kernel = form.ahead(dtype, bias, after.attributes(y));
    String how = name(kernel);
    if (how.contains("amx") && form.isPointwise() && pays(form.pixels(), form.in(), form.out())) {
      return product(library, weighted, false, after, Writes.ANEW);
    }
    Bound code =
        library.new Bound(new convolution_forward(kernel))
            .with(dnnl.DNNL_ARG_SRC, form.x(dtype))
            .with(dnnl.DNNL_ARG_WEIGHTS, kernel.weights_desc())
            .with(dnnl.DNNL_ARG_BIAS, bias)
            .with(dnnl.DNNL_ARG_DST, y);
    if (after.adds()) {
      code.with(RESIDUAL, y);
    }
    return new MapKernel(
        library, weighted.own(false), kernel.weights_desc(), code, Arguments.AHEAD, how);
  }

  /** Its gradient by x. */
  static MapKernel byX(OneDnn library, Weighted weighted) {
    ConvForm form = weighted.form();
    DType dtype = weighted.dtype();
    convolution_backward_data.primitive_desc kernel =
        form.byX(dtype, form.ahead(dtype, new memory.desc()));
    String how = name(kernel);
    if (turns(how, form)) {
      return product(library, weighted, true, After.NOTHING, Writes.ANEW);
    }
    Bound code =
        library.new Bound(new convolution_backward_data(kernel))
            .with(dnnl.DNNL_ARG_DIFF_SRC, form.x(dtype))
            .with(dnnl.DNNL_ARG_WEIGHTS, kernel.weights_desc())
            .with(dnnl.DNNL_ARG_DIFF_DST, form.y(dtype));
    return new MapKernel(
        library, weighted.own(false), kernel.weights_desc(), code, Arguments.BACK, how);
  }

  /**
   * The gradient by x added to what lies there already. Only the transposed convolution has a sum
   * behind it; it runs the code that the gradient by x does.
   */
  static MapKernel ontoX(OneDnn library, Weighted weighted) {
    ConvForm form = weighted.form();
    DType dtype = weighted.dtype();
    deconvolution_forward.primitive_desc kernel = form.ontoX(dtype, sum());
    String how = name(kernel);
    if (turns(how, form)) {
      return product(library, weighted, true, After.NOTHING, Writes.ONTO);
    }
    Bound code =
        library.new Bound(new deconvolution_forward(kernel))
            .with(dnnl.DNNL_ARG_SRC, form.y(dtype))
            .with(dnnl.DNNL_ARG_WEIGHTS, kernel.weights_desc())
            .with(dnnl.DNNL_ARG_DST, form.x(dtype));
    return new MapKernel(
        library, weighted.own(true), kernel.weights_desc(), code, Arguments.AHEAD, how);
  }

  private static boolean turns(String how, ConvForm form) {
    return how.contains("amx") && form.isPointwise() && pays(form.pixels(), form.out(), form.in());
  }

  /**
   * A 1×1 convolution, or its gradient by x, as a product of matrices.
   *
   * @param back whether it is the gradient
   * @param after what is done to a result that is written anew
   */
  static MapKernel product(
      OneDnn library, Weighted weighted, boolean back, After after, Writes writes) {
    ConvForm form = weighted.form();
    memory.data_type type = Kernels.type(weighted.dtype());
    long pixels = form.pixels();
    long in = back ? form.out() : form.in();
    long out = back ? form.in() : form.out();
    memory.desc x = new memory.desc(new long[] {pixels, in}, type, memory.format_tag.ab);
    memory.desc y = new memory.desc(new long[] {pixels, out}, type, memory.format_tag.ab);
    memory.desc any = new memory.desc(new long[] {in, out}, type, memory.format_tag.any);
    long byOut = weighted.strides().get(0);
    long byIn = weighted.strides().get(1);
    memory.desc own =
        new memory.desc(
            new long[] {in, out},
            memory.data_type.f32,
            back ? new long[] {byOut, byIn} : new long[] {byIn, byOut});
    memory.desc bias = after.biased() ? Kernels.rowMajor(DType.FLOAT32, 1, out) : new memory.desc();
    primitive_attr attributes = writes == Writes.ONTO ? sum() : after.attributes(y);
    matmul.primitive_desc kernel =
        after.biased()
            ? new matmul.primitive_desc(Kernels.processor(), x, any, bias, y, attributes, false)
            : new matmul.primitive_desc(Kernels.processor(), x, any, y, attributes, false);
    Bound code =
        library.new Bound(new matmul(kernel))
            .with(dnnl.DNNL_ARG_SRC, x)
            .with(dnnl.DNNL_ARG_WEIGHTS, kernel.weights_desc())
            .with(dnnl.DNNL_ARG_BIAS, bias)
            .with(dnnl.DNNL_ARG_DST, y);
    if (after.adds()) {
      code.with(RESIDUAL, y);
    }
    return new MapKernel(library, own, kernel.weights_desc(), code, Arguments.AHEAD, name(kernel));
  }

  /** Whether it is one of the fast ones. */
  boolean isFast() {
    return fast;
  }

  /** Writes y, or adds to it if so made; needs a binding-level scope. */
  void run(Tensor x, Tensor weight, Tensor y) {
    Tensor room = weights.of(packed);
    pack.set(dnnl.DNNL_ARG_FROM, weight).set(dnnl.DNNL_ARG_TO, room).run();
    code.set(from, x).set(dnnl.DNNL_ARG_WEIGHTS, room).set(to, y).run();
  }

  /**
   * The same with what was announced in {@link After}.
   *
   * @param bias [K], fp32, or null
   */
  void run(Tensor x, Tensor weight, @Nullable Tensor bias, @Nullable Tensor residual, Tensor y) {
    if (bias != null) {
      code.set(dnnl.DNNL_ARG_BIAS, bias);
    }
    if (residual != null) {
      code.set(RESIDUAL, residual);
    }
    run(x, weight, y);
  }

  @Override
  public void free() {
    pack.free();
    code.free();
  }
}
