package dev.linnet.tensor;

import static java.util.Objects.requireNonNull;

import dev.linnet.tensor.Step.Post;
import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.concat;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory_desc_vector;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's kernels for the steps of a {@link Program}. Maps are stored channels-last, everything
 * else row-major; weights as the kernel likes them best. {@link OneDnn} has those of training.
 */
final class Kernels {
  private static final engine PROCESSOR = kept(new engine(engine.kind.cpu, 0));
  private static final int SECOND_OPERAND = dnnl.DNNL_ARG_SRC_1;

  private final DType dtype;
  private final PackedWeights packed;
  private final List<Pointer> owned = new ArrayList<>(); // constant operands

  /**
   * @param dtype of what flows between steps
   * @param packed where the weights are kept
   */
  Kernels(DType dtype, PackedWeights packed) {
    this.dtype = dtype;
    this.packed = packed;
  }

  /** A step cannot be computed here; libtorch does it. */
  static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unfit(String why, @Nullable Throwable cause) {
      super(why, cause);
    }
  }

  /** An argument of a kernel: a value and how it must lie, or a constant that the kernel owns. */
  record Argument(
      int number,
      memory.desc form,
      @Nullable Value value,
      Order order,
      @Nullable memory constant) {}

  /** How the elements of a value lie, without gaps. */
  enum Order {
    /** [N, C, H, W] stored as [N, H, W, C]. */
    MAP,
    /** The last dimension runs first. */
    ROWS
  }

  /** A kernel: made once, run by any number of threads, each with memory of its own. */
  static final class Kernel {
    final primitive code;
    final String implementation;
    final List<Argument> arguments;
    final memory.desc scratch;

    private Kernel(primitive code, primitive_desc_base of, List<Argument> arguments) {
      this.code = kept(code);
      this.implementation = of.impl_info_str().getString();
      this.arguments = arguments;
      arguments.forEach(a -> kept(a.form()));
      this.scratch = kept(of.scratchpad_desc());
    }

    void free() {
      code.releaseReference();
      scratch.releaseReference();
      arguments.forEach(a -> a.form().releaseReference());
    }
  }

  /** The processor, to oneDNN; any thread's. */
  static engine processor() {
    return PROCESSOR;
  }

  static <P extends Pointer> P kept(P pointer) {
    pointer.retainReference();
    return pointer;
  }

  /**
   * Makes the kernel of a step.
   *
   * @param sum whether the result is added to the memory of the first sum's operand
   * @param order of the result
   * @throws Unfit if there is none
   */
  Kernel make(Step step, boolean sum, Order order) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return switch (step.kind) {
        case CONV -> conv(step, sum);
        case LINEAR -> linear(step, sum);
        case POOL -> pool(step);
        case BINARY -> binary(step, order);
        case ELTWISE -> eltwise(step, order);
        case CONCAT -> concat(step);
        case VIEW, TORCH -> throw new Unfit("no kernel", null);
      };
    } catch (Unfit e) {
      throw e;
    } catch (RuntimeException e) { // of oneDNN: not implemented for this
      throw new Unfit(step.op().name + ": " + e.getMessage(), e);
    } finally {
      scope.close();
    }
  }

  private Kernel kernel(primitive code, primitive_desc_base of, List<Argument> arguments) {
    String name = of.impl_info_str().getString();
    if (name.startsWith("ref") || name.startsWith("simple:any")) {
      throw new Unfit(name + " is slower than libtorch", null);
    }
    return new Kernel(code, of, arguments);
  }

  // ------------------------------------------------------------------ layers

  private Kernel conv(Step step, boolean sum) {
    Op op = step.op();
    Window window = op.attribute("window", Window.class);
    int groups = op.attribute("groups", Integer.class);
    Shape sizes = op.inputs.get(1).shape;
    long[] weightSizes =
        groups == 1
            ? sizes.toArray()
            : new long[] {groups, sizes.dim(0) / groups, sizes.dim(1), sizes.dim(2), sizes.dim(3)};
    Shape out = step.output.shape;
    memory.desc x = form(step.inputs.get(0), Order.MAP);
    memory.desc y = form(step.output, Order.MAP);
    memory.desc any = new memory.desc(weightSizes, type(dtype), memory.format_tag.any);
    PackedWeights.Entry weights = packed.of(op, step.norm);
    memory.desc bias =
        weights.bias() == null
            ? new memory.desc()
            : new memory.desc(new long[] {out.dim(1)}, memory.data_type.f32, memory.format_tag.a);
    long[] pad = window.padding();
    long[] before = {pad[0] + step.border[2], pad[1] + step.border[0]};
    long[] after = {pad[0] + step.border[3], pad[1] + step.border[1]};
    long[] dilation = {window.dilation()[0] - 1, window.dilation()[1] - 1};
    List<Argument> arguments = new ArrayList<>();
    primitive_attr attributes = attributes(step, out.toArray(), sum, Order.MAP, arguments);
    convolution_forward.primitive_desc form =
        new convolution_forward.primitive_desc(
            PROCESSOR,
            prop_kind.forward_inference,
            algorithm.convolution_direct,
            x,
            any,
            bias,
            y,
            window.stride(),
            dilation,
            before,
            after,
            attributes,
            false);
    add(arguments, dnnl.DNNL_ARG_SRC, x, step.inputs.get(0), Order.MAP);
    add(arguments, dnnl.DNNL_ARG_DST, y, step.output, Order.MAP);
    addWeights(arguments, weights, weightSizes, form.weights_desc());
    return kernel(new convolution_forward(form), form, arguments);
  }

  private Kernel linear(Step step, boolean sum) {
    Op op = step.op();
    Shape sizes = op.inputs.get(1).shape; // [out, in]
    long rows = step.output.shape.count() / sizes.dim(0);
    memory.desc x = rowMajor(dtype, rows, sizes.dim(1));
    memory.desc y = rowMajor(dtype, rows, sizes.dim(0));
    long[] weightSizes = {sizes.dim(1), sizes.dim(0)};
    memory.desc any = new memory.desc(weightSizes, type(dtype), memory.format_tag.any);
    PackedWeights.Entry weights = packed.of(op, null);
    memory.desc bias =
        weights.bias() == null ? new memory.desc() : rowMajor(DType.FLOAT32, 1, sizes.dim(0));
    List<Argument> arguments = new ArrayList<>();
    primitive_attr attributes =
        attributes(step, new long[] {rows, sizes.dim(0)}, sum, Order.ROWS, arguments);
    matmul.primitive_desc form =
        weights.bias() == null
            ? new matmul.primitive_desc(PROCESSOR, x, any, y, attributes, false)
            : new matmul.primitive_desc(PROCESSOR, x, any, bias, y, attributes, false);
    add(arguments, dnnl.DNNL_ARG_SRC, x, step.inputs.get(0), Order.ROWS);
    add(arguments, dnnl.DNNL_ARG_DST, y, step.output, Order.ROWS);
    addWeights(arguments, weights, weightSizes, form.weights_desc());
    return kernel(new matmul(form), form, arguments);
  }

  private void addWeights(
      List<Argument> arguments, PackedWeights.Entry weights, long[] sizes, memory.desc form) {
    memory packedWeight = weights.packed(sizes, dtype, form);
    arguments.add(new Argument(dnnl.DNNL_ARG_WEIGHTS, form, null, Order.ROWS, packedWeight));
    memory bias = weights.bias();
    if (bias != null) {
      arguments.add(new Argument(dnnl.DNNL_ARG_BIAS, bias.get_desc(), null, Order.ROWS, bias));
    }
  }

  private Kernel pool(Step step) {
    Op op = step.op();
    Value in = step.inputs.get(0);
    Shape x = in.shape;
    Window window = (Window) op.attributes.get("window");
    long[] kernel = {x.dim(2), x.dim(3)};
    long[] stride = {1, 1};
    long[] before = {0, 0};
    long[] after = {0, 0};
    long[] out = {x.dim(0), x.dim(1), 1, 1};
    if (window != null) {
      List<?> sides = op.attribute("kernel", List.class);
      stride = window.stride();
      before = window.padding();
      out = step.output.shape.toArray();
      for (int i = 0; i < 2; i++) {
        kernel[i] = (Long) sides.get(i);
        // Windows that rounding up adds may reach over the border.
        after[i] = (out[2 + i] - 1) * stride[i] + kernel[i] - x.dim(2 + i) - before[i];
        if (after[i] < 0) {
          after[i] = 0;
        }
      }
    }
    algorithm kind =
        op.name.equals("max_pool2d")
            ? algorithm.pooling_max
            : algorithm.pooling_avg_exclude_padding;
    memory.desc source = form(in, Order.MAP);
    memory.desc target = channelsLast(dtype, out);
    primitive_attr attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    pooling_forward.primitive_desc form =
        new pooling_forward.primitive_desc(
            PROCESSOR,
            prop_kind.forward_inference,
            kind,
            source,
            target,
            stride,
            kernel,
            new long[] {0, 0},
            before,
            after,
            attributes,
            false);
    List<Argument> arguments = new ArrayList<>();
    add(arguments, dnnl.DNNL_ARG_SRC, source, in, Order.MAP);
    add(arguments, dnnl.DNNL_ARG_DST, target, step.output, Order.MAP);
    return kernel(new pooling_forward(form), form, arguments);
  }

  // ------------------------------------------------------------------ element by element

  private Kernel binary(Step step, Order order) {
    Value large = step.inputs.get(0);
    Value small = step.inputs.get(1);
    long[] sizes = step.output.shape.toArray();
    memory.desc y = form(step.output, order);
    memory.desc x = form(large, order);
    List<Argument> arguments = new ArrayList<>();
    memory.desc other = operand(arguments, SECOND_OPERAND, small, sizes, order);
    primitive_attr attributes = attributes(step, sizes, false, order, arguments);
    binary.primitive_desc form =
        new binary.primitive_desc(
            PROCESSOR, requireNonNull(step.function).kind(), x, other, y, attributes, false);
    add(arguments, dnnl.DNNL_ARG_SRC_0, x, large, order);
    add(arguments, dnnl.DNNL_ARG_DST, y, step.output, order);
    return kernel(new binary(form), form, arguments);
  }

  private Kernel eltwise(Step step, Order order) {
    Post function = requireNonNull(step.function);
    memory.desc x = form(step.output, order);
    primitive_attr attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    eltwise_forward.primitive_desc form =
        new eltwise_forward.primitive_desc(
            PROCESSOR,
            prop_kind.forward_inference,
            function.kind(),
            x,
            x,
            function.alpha(),
            function.beta(),
            attributes,
            false);
    List<Argument> arguments = new ArrayList<>();
    add(arguments, dnnl.DNNL_ARG_SRC, x, step.inputs.get(0), order);
    add(arguments, dnnl.DNNL_ARG_DST, x, step.output, order);
    return kernel(new eltwise_forward(form), form, arguments);
  }

  private Kernel concat(Step step) {
    memory.desc[] parts =
        step.inputs.stream().map(v -> form(v, Order.MAP)).toArray(memory.desc[]::new);
    memory.desc y = form(step.output, Order.MAP);
    primitive_attr attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    concat.primitive_desc form =
        new concat.primitive_desc(
            PROCESSOR, y, 1, new memory_desc_vector(parts), attributes, false);
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      add(arguments, dnnl.DNNL_ARG_MULTIPLE_SRC + i, parts[i], step.inputs.get(i), Order.MAP);
    }
    add(arguments, dnnl.DNNL_ARG_DST, y, step.output, Order.MAP);
    return new Kernel(new concat(form), form, arguments); // its simple form is a plain copy
  }

  /**
   * What a kernel does behind its result.
   *
   * @param sizes of the result as the kernel sees it
   * @param sum whether the first post-operation adds to what is in the result's memory
   */
  private primitive_attr attributes(
      Step step, long[] sizes, boolean sum, Order order, List<Argument> arguments) {
    post_ops after = new post_ops();
    for (int i = 0; i < step.posts.size(); i++) {
      Post post = step.posts.get(i);
      Value with = post.with();
      if (with == null) {
        after.append_eltwise(post.kind(), post.alpha(), post.beta());
      } else if (sum && i == 0) {
        after.append_sum();
      } else {
        int number = dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (i + 1) | SECOND_OPERAND;
        after.append_binary(post.kind(), operand(arguments, number, with, sizes, order));
      }
    }
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(after);
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }

  /** An operand that is broadcast to sizes, or has them. */
  private memory.desc operand(
      List<Argument> arguments, int number, Value value, long[] sizes, Order order) {
    long[] own = value.shape.toArray();
    long[] padded = new long[sizes.length];
    Arrays.fill(padded, 1);
    if (own.length > sizes.length) { // tokens as rows
      if (value.shape.count() == value.shape.dim(-1)) {
        padded[1] = value.shape.dim(-1);
      } else {
        padded = sizes.clone();
      }
    } else {
      System.arraycopy(own, 0, padded, sizes.length - own.length, own.length);
    }
    if (value.isConstant()) {
      Argument constant = constant(number, value, padded, order);
      arguments.add(constant);
      return constant.form();
    }
    Order lies = own.length == 4 && padded.length == 4 ? order : Order.ROWS;
    memory.desc form = form(padded, dtype, lies);
    add(arguments, number, form, value, lies);
    return form;
  }

  /** A constant operand in sizes, fp32. */
  private Argument constant(int number, Value value, long[] sizes, Order order) {
    boolean map = sizes.length == 4 && order == Order.MAP;
    org.bytedeco.pytorch.Tensor values =
        own(
            requireNonNull(value.constant)
                .to(torch.ScalarType.Float)
                .reshape(sizes)
                .contiguous(map ? torch.MemoryFormat.ChannelsLast : torch.MemoryFormat.Contiguous));
    memory.desc form = form(sizes, DType.FLOAT32, order);
    return new Argument(
        number, form, null, order, own(new memory(form, PROCESSOR, values.data_ptr())));
  }

  private <P extends Pointer> P own(P pointer) {
    owned.add(kept(pointer));
    return pointer;
  }

  /** Frees the constant operands; its kernels run no more. */
  void free() {
    owned.forEach(Pointer::releaseReference);
    owned.clear();
  }

  // ------------------------------------------------------------------ forms

  private static void add(
      List<Argument> arguments, int number, memory.desc form, Value value, Order order) {
    arguments.add(new Argument(number, form, value, order, null));
  }

  private memory.desc form(Value value, Order order) {
    long[] sizes = value.shape.toArray();
    DType type = value.dtype == DType.FLOAT32 ? dtype : value.dtype;
    if (type != dtype || sizes.length == 0 || sizes.length > 5) {
      throw new Unfit("a value " + value.shape + " " + value.dtype, null);
    }
    return form(sizes, type, order);
  }

  /** Memory without gaps. */
  static memory.desc form(long[] sizes, DType dtype, Order order) {
    return order == Order.MAP && sizes.length == 4
        ? channelsLast(dtype, sizes)
        : rowMajor(dtype, sizes);
  }

  static memory.data_type type(DType dtype) {
    return dtype == DType.BFLOAT16 ? memory.data_type.bf16 : memory.data_type.f32;
  }

  static memory.desc channelsLast(DType dtype, long... sizes) {
    return new memory.desc(sizes, type(dtype), memory.format_tag.nhwc);
  }

  static memory.desc rowMajor(DType dtype, long... sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= sizes[i];
    }
    return new memory.desc(sizes, type(dtype), strides);
  }

  /** Copies memory into another form. */
  static void reorder(memory from, memory to) {
    stream queue = new stream(PROCESSOR);
    new reorder(from, to).execute(queue, from, to);
    queue._wait();
  }
}
