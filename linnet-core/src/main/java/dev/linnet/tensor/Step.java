package dev.linnet.tensor;

import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.jspecify.annotations.Nullable;

/** One call of a kernel in a {@link Program}: an operator with what is fused behind it. */
final class Step {
  /** Who computes it. */
  enum Kind {
    /** Convolution with constant weights, whose batch norm is folded into them. */
    CONV,
    /** Matrix product with constant weights. */
    LINEAR,
    /** Largest or mean value of windows. */
    POOL,
    /** Sum or product of two values. */
    BINARY,
    /** An activation. */
    ELTWISE,
    /** Values joined along the channels. */
    CONCAT,
    /** The same memory in other sizes. */
    VIEW,
    /** libtorch's operator. */
    TORCH
  }

  /**
   * What a kernel does to its result before it writes it.
   *
   * @param kind the function, or binary_add or binary_mul
   * @param with the other operand of a sum or product; null for a function
   */
  record Post(algorithm kind, float alpha, float beta, @Nullable Value with) {}

  Kind kind;

  /** What it stands for, in order: the first is computed by the kernel, the others after it. */
  final List<Op> ops = new ArrayList<>();

  /** Without constants that the kernel keeps, and without operands of {@link #posts}. */
  final List<Value> inputs = new ArrayList<>();

  final List<Post> posts = new ArrayList<>();
  Value output;

  /** Of a CONV: the border that a {@code pad} before it brought: left, right, above, below. */
  long[] border = new long[4];

  /** Of a CONV: what brought it. */
  @Nullable Op pad;

  /** Of a CONV: the batch norm that is folded into its weights. */
  @Nullable Op norm;

  /** Of a BINARY or an ELTWISE. */
  @Nullable Post function;

  /** Made for the step by {@link Kernels}; null where libtorch computes it. */
  Kernels.@Nullable Kernel kernel;

  /** Whether the kernel adds to the memory of the first sum's operand. */
  boolean kernelSums;

  Step(Kind kind, Op op, List<Value> inputs) {
    this.kind = kind;
    this.ops.add(op);
    this.inputs.addAll(inputs);
    this.output = op.output;
  }

  Op op() {
    return ops.get(0);
  }

  /** The same by libtorch, operator by operator. */
  List<Step> plain() {
    return Stream.concat(Stream.ofNullable(pad), ops.stream())
        .map(each -> new Step(Kind.TORCH, each, each.inputs))
        .toList();
  }

  /** Whether its kernel can go on with its result before it writes it. */
  boolean takesPosts() {
    return switch (kind) {
      case CONV, LINEAR, BINARY -> posts.size() < 4;
      case POOL, ELTWISE, CONCAT, VIEW, TORCH -> false;
    };
  }

  /** All values that it reads and that others compute. */
  List<Value> reads() {
    List<Value> all = new ArrayList<>(inputs);
    for (Post post : posts) {
      if (post.with() != null) {
        all.add(post.with());
      }
    }
    all.removeIf(Value::isConstant);
    return all;
  }
}
