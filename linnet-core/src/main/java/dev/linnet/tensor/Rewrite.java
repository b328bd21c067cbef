package dev.linnet.tensor;

import dev.linnet.tensor.Step.Kind;
import dev.linnet.tensor.Step.Post;
import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.jspecify.annotations.Nullable;

/**
 * Makes steps of the operators of a {@link Trace}: batch norms into the weights before them,
 * borders into the convolutions behind them, activations, sums and products into what computes
 * their operand. What is not known here stays libtorch's.
 */
final class Rewrite {
  /** Operators that give what they got where it lies as they want it. */
  private static final Set<String> LAYOUTS = Set.of("contiguous", "channels_last");

  private static final Map<String, Post> FUNCTIONS =
      Map.of(
          "relu", new Post(algorithm.eltwise_relu, 0, 0, null),
          "relu6", new Post(algorithm.eltwise_clip, 0, 6, null),
          "silu", new Post(algorithm.eltwise_swish, 1, 0, null),
          "gelu", new Post(algorithm.eltwise_gelu_erf, 0, 0, null),
          "hardswish", new Post(algorithm.eltwise_hardswish, 1 / 6f, 0.5f, null),
          "hardsigmoid", new Post(algorithm.eltwise_hardsigmoid, 1 / 6f, 0.5f, null),
          "sigmoid", new Post(algorithm.eltwise_logistic, 0, 0, null),
          "tanh", new Post(algorithm.eltwise_tanh, 0, 0, null));

  private final Trace trace;
  private final List<Step> steps = new ArrayList<>();
  private final IdentityHashMap<Value, Step> makers = new IdentityHashMap<>();

  private Rewrite(Trace trace) {
    this.trace = trace;
  }

  static List<Step> of(Trace trace) {
    Rewrite rewrite = new Rewrite(trace);
    trace.ops().forEach(rewrite::add);
    return rewrite.steps;
  }

  private void add(Op op) {
    boolean done =
        !op.output.single
            && switch (op.name) {
              case "conv2d" -> conv(op);
              case "batch_norm" -> norm(op);
              case "linear" -> linear(op);
              case "add" -> binary(op, algorithm.binary_add);
              case "mul" -> binary(op, algorithm.binary_mul);
              case "max_pool2d", "avg_pool2d" -> isMap(op.inputs.get(0)) && step(Kind.POOL, op);
              case "mean" -> isMeanOfMaps(op) && step(Kind.POOL, op);
              case "adaptive_avg_pool2d" ->
                  op.output.shape.dim(2) == 1 && op.output.shape.dim(3) == 1 && step(Kind.POOL, op);
              case "cat" ->
                  op.output.shape.rank() == 4
                      && op.attribute("dim", Integer.class) == 1
                      && op.inputs.stream().noneMatch(Value::isConstant)
                      && step(Kind.CONCAT, op);
              default -> function(op);
            };
    if (!done) {
      boolean view = Recording.VIEWS.contains(op.name) || LAYOUTS.contains(op.name);
      step(view ? Kind.VIEW : Kind.TORCH, op);
    }
  }

  private boolean step(Kind kind, Op op) {
    put(new Step(kind, op, op.inputs));
    return true;
  }

  private Step put(Step step) {
    steps.add(step);
    makers.put(step.output, step);
    return step;
  }

  /** Lets a step compute another operator too, and put out its result. */
  private void extend(Step step, Op op) {
    step.ops.add(op);
    makers.remove(step.output);
    step.output = op.output;
    makers.put(step.output, step);
  }

  /** The step that makes a value for one operator alone, or null. */
  private @Nullable Step ownMaker(Value value) {
    return value.reader() == null || value == trace.output() ? null : makers.get(value);
  }

  private static boolean isMap(Value value) {
    return value.shape.rank() == 4 && !value.isConstant();
  }

  // ------------------------------------------------------------------ layers

  private boolean conv(Op op) {
    Value x = op.inputs.get(0);
    if (x.isConstant() || op.inputs.stream().skip(1).anyMatch(v -> !v.isConstant())) {
      return false;
    }
    Step step = new Step(Kind.CONV, op, List.of(x));
    Step pad = ownMaker(x);
    long[] border = pad == null ? null : border(pad);
    if (pad != null && border != null) {
      steps.remove(pad);
      makers.remove(x);
      step.pad = pad.op();
      step.inputs.set(0, pad.inputs.get(0));
      step.border = border;
    }
    put(step);
    return true;
  }

  /** Zeros around a map that a step adds: left, right, above, below; null if it does otherwise. */
  private static long @Nullable [] border(Step step) {
    Op op = step.op();
    if (step.kind != Kind.TORCH
        || !op.name.equals("pad")
        || op.attribute("value", Double.class) != 0) {
      return null;
    }
    List<?> amounts = op.attribute("amounts", List.class);
    if (amounts.size() != 4 || amounts.stream().anyMatch(a -> (Long) a < 0)) {
      return null;
    }
    return amounts.stream().mapToLong(a -> (Long) a).toArray();
  }

  private boolean norm(Op op) {
    Value x = op.inputs.get(0);
    if (!isMap(x) || op.inputs.stream().skip(1).anyMatch(v -> !v.isConstant())) {
      return false;
    }
    Step conv = ownMaker(x);
    if (conv != null && conv.kind == Kind.CONV && conv.norm == null && conv.posts.isEmpty()) {
      conv.norm = op;
      extend(conv, op);
      return true;
    }
    Value[] line = Folding.line(op, trace);
    Step step = new Step(Kind.BINARY, op, List.of(x, line[0]));
    step.function = new Post(algorithm.binary_mul, 0, 0, null);
    step.posts.add(new Post(algorithm.binary_add, 0, 0, line[1]));
    put(step);
    return true;
  }

  private boolean linear(Op op) {
    if (op.inputs.get(0).isConstant()
        || op.inputs.stream().skip(1).anyMatch(v -> !v.isConstant())) {
      return false;
    }
    put(new Step(Kind.LINEAR, op, List.of(op.inputs.get(0))));
    return true;
  }

  /** Means over height and width. */
  private static boolean isMeanOfMaps(Op op) {
    return isMap(op.inputs.get(0)) && List.of(2L, 3L).equals(op.attributes.get("dims"));
  }

  // ------------------------------------------------------------------ element by element

  private boolean function(Op op) {
    Post function = FUNCTIONS.get(op.name);
    if (function == null || op.inputs.size() != 1) {
      return false;
    }
    Step maker = ownMaker(op.inputs.get(0));
    if (maker != null && maker.takesPosts()) {
      maker.posts.add(function);
      extend(maker, op);
    } else {
      put(new Step(Kind.ELTWISE, op, op.inputs)).function = function;
    }
    return true;
  }

  /** A sum or a product: behind what computes one of its operands, else by itself. */
  private boolean binary(Op op, algorithm kind) {
    if (op.inputs.size() != 2) {
      return false;
    }
    Value a = op.inputs.get(0);
    Value b = op.inputs.get(1);
    Step ofA = a == b ? null : taking(a, b, op);
    Step ofB = a == b ? null : taking(b, a, op);
    boolean first = ofA != null && (ofB == null || steps.indexOf(ofA) > steps.indexOf(ofB));
    Step maker = first ? ofA : ofB;
    if (maker != null) {
      Value other = first ? b : a;
      maker.posts.add(new Post(kind, 0, 0, other));
      steps.remove(maker); // the other operand may be computed after it
      steps.add(maker);
      extend(maker, op);
      return true;
    }
    boolean swapped = !a.shape.equals(op.output.shape);
    Value large = swapped ? b : a;
    Value small = swapped ? a : b;
    if (large.isConstant() || !large.shape.equals(op.output.shape) || !isBroadcast(small, large)) {
      return false;
    }
    put(new Step(Kind.BINARY, op, List.of(large, small))).function = new Post(kind, 0, 0, null);
    return true;
  }

  /** The step that makes a value, if it can go on with another operand. */
  private @Nullable Step taking(Value value, Value other, Op op) {
    Step maker = ownMaker(value);
    if (maker == null || !maker.takesPosts() || !value.shape.equals(op.output.shape)) {
      return null;
    }
    boolean fits =
        (maker.kind == Kind.LINEAR && value.shape.rank() != 2)
            ? other.shape.equals(value.shape) || other.shape.count() == other.shape.dim(-1)
            : isBroadcast(other, value);
    return fits ? maker : null;
  }

  /** Whether sizes of one are those of another, or 1, or missing in front. */
  private static boolean isBroadcast(Value small, Value large) {
    int missing = large.shape.rank() - small.shape.rank();
    for (int i = 0; i < small.shape.rank(); i++) {
      long size = small.shape.dim(i);
      if (missing < 0 || (size != 1 && size != large.shape.dim(missing + i))) {
        return false;
      }
    }
    return small.dtype.isFloating() && small.shape.rank() > 0;
  }
}
