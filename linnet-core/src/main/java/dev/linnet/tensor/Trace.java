package dev.linnet.tensor;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.LinnetException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass as operators that can be done again, found by running it on {@link Device#META},
 * where nothing is computed. Weights, and what is computed from them alone, are constants.
 */
final class Trace implements Recorder {
  /** The pass does something that depends on values, or that is not known. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String why) {
      super(why);
    }
  }

  /** What flows between operators. */
  static final class Value {
    final Shape shape;
    DType dtype;

    /** Whether it stays fp32 in a program whose values are bf16. */
    boolean single;

    /** Of a constant, which the program owns; else null. */
    org.bytedeco.pytorch.@Nullable Tensor constant;

    final List<Op> readers = new ArrayList<>();

    Value(Shape shape, DType dtype) {
      this.shape = shape;
      this.dtype = dtype;
    }

    boolean isConstant() {
      return constant != null;
    }

    /** The only operator that reads it, or null where there are others or none. */
    @Nullable Op reader() {
      return readers.size() == 1 ? readers.get(0) : null;
    }
  }

  /** An operator. */
  static final class Op {
    final String name;
    final Map<String, Object> attributes;
    final Tensor.Code code;
    final List<Value> inputs;
    final Value output;

    Op(
        String name,
        Map<String, Object> attributes,
        Tensor.Code code,
        List<Value> inputs,
        Value output) {
      this.name = name;
      this.attributes = attributes;
      this.code = code;
      this.inputs = new ArrayList<>(inputs);
      this.output = output;
      inputs.forEach(v -> v.readers.add(this));
    }

    <T> T attribute(String key, Class<T> type) {
      return requireNonNull(type.cast(attributes.get(key)), key);
    }
  }

  /** What is known of a tensor before {@link #trace}. */
  private record Named(String operator, Map<String, Object> attributes) {}

  private final Scope scope;
  private final IdentityHashMap<Tensor, Named> names = new IdentityHashMap<>();
  private final IdentityHashMap<Tensor, Value> values = new IdentityHashMap<>();
  private final List<Op> ops = new ArrayList<>();
  private final List<org.bytedeco.pytorch.Tensor> constants = new ArrayList<>();
  private final Value input;
  private @Nullable Value output;

  private Trace(Scope scope, Shape shape) {
    this.scope = scope;
    this.input = new Value(shape, DType.FLOAT32);
  }

  /**
   * Traces a pass in evaluation mode.
   *
   * @param shape of the input, which is fp32
   * @throws Refused if the pass cannot be traced, with the reason
   */
  static Trace of(UnaryOperator<Tensor> forward, Shape shape) {
    Scope scope = Scope.open("trace");
    Trace trace = new Trace(scope, shape);
    scope.recorder = trace;
    try {
      Tensor x = Tensor.empty(DType.FLOAT32, Device.META, shape.toArray());
      trace.values.put(x, trace.input);
      Tensor y = Autograd.off(() -> forward.apply(x));
      trace.output = trace.valueOf("the result", y);
      return trace;
    } catch (Refused | LinnetException e) {
      trace.free();
      throw e;
    } catch (RuntimeException e) { // a value was read, or libtorch has no meta kernel
      trace.free();
      throw new Refused(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    } finally {
      trace.values.clear();
      trace.names.clear();
      scope.close();
    }
  }

  List<Op> ops() {
    return ops;
  }

  Value input() {
    return input;
  }

  Value output() {
    return requireNonNull(output);
  }

  @Override
  public void refuse(String what) {
    throw new Refused(what + " cannot be compiled");
  }

  /** Frees the constants. */
  void free() {
    constants.forEach(org.bytedeco.pytorch.Tensor::releaseReference);
    constants.clear();
  }

  @Override
  public void renamed(Tensor before, Tensor now) {
    values.put(before, valueOf("relu", now));
  }

  @Override
  public boolean wantsPlain() {
    return true;
  }

  @Override
  public boolean traces() {
    return true;
  }

  @Override
  public void add(
      String operator,
      Map<String, Object> attributes,
      long macs,
      Tensor result,
      @Nullable Tensor... inputs) {
    names.put(result, new Named(operator, attributes));
  }

  @Override
  public void trace(Tensor result, Tensor.Code code, @Nullable Tensor... inputs) {
    Named named = names.getOrDefault(result, new Named("full", Map.of()));
    String name = named.operator();
    List<Value> from = new ArrayList<>();
    for (Tensor input : inputs) {
      if (input != null) {
        from.add(valueOf(name, input));
      }
    }
    Value value = new Value(result.shape(), result.dtype());
    if (name.equals("to")) {
      if (value.dtype != DType.FLOAT32 || from.get(0).dtype != DType.FLOAT32) {
        refuse("a change of type");
      }
      value.single = true;
    }
    value.single |= from.stream().anyMatch(v -> v.single);
    values.put(result, value);
    if (from.stream().allMatch(Value::isConstant)) {
      value.constant = kept(code.of(handles(from)));
    } else {
      ops.add(new Op(name, named.attributes(), code, from, value));
    }
  }

  private static org.bytedeco.pytorch.Tensor[] handles(List<Value> constants) {
    return constants.stream().map(v -> v.constant).toArray(org.bytedeco.pytorch.Tensor[]::new);
  }

  /** What an operator reads: a weight, or what another made. */
  private Value valueOf(String operator, Tensor tensor) {
    Value known = values.get(tensor);
    if (known != null) {
      return known;
    }
    if (tensor.isOf(scope)) {
      throw new Refused(
          operator + " reads what \"" + tensor.origin() + "\" made, which cannot be compiled");
    }
    if (!tensor.device().equals(Device.CPU)) {
      throw new Refused("weights on " + tensor.device());
    }
    Value constant = constant(tensor.shape(), tensor.dtype(), tensor.handle().detach());
    values.put(tensor, constant);
    return constant;
  }

  /** A constant, which lives as long as this. */
  Value constant(Shape shape, DType dtype, org.bytedeco.pytorch.Tensor handle) {
    Value value = new Value(shape, dtype);
    value.constant = kept(handle);
    return value;
  }

  /** A handle of its own, which outlives the trace. */
  private org.bytedeco.pytorch.Tensor kept(org.bytedeco.pytorch.Tensor handle) {
    org.bytedeco.pytorch.Tensor own = new org.bytedeco.pytorch.Tensor(handle);
    own.retainReference();
    constants.add(own);
    return own;
  }
}
