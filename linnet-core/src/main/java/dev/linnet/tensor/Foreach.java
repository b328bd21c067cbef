package dev.linnet.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Updates of many tensors by one native call each: libtorch's fused optimizers and lists. */
public final class Foreach {
  /** What {@link #identity} is made of, by the number of gradients. */
  private static final Map<Integer, IValue> LEAVES = new ConcurrentHashMap<>();

  private Foreach() {}

  // ------------------------------------------------------------------ fused optimizers

  /**
   * The numbers of an SGD update: d = g + weightDecay·θ; m = momentum·m + (1 − dampening)·d (m = d
   * at first); θ −= lr·(d + momentum·m with Nesterov, else m).
   */
  public record SgdStep(
      double lr, double momentum, boolean nesterov, double weightDecay, double dampening) {}

  /**
   * One SGD step over all parameters.
   *
   * @param momenta buffers of the parameters' shapes, overwritten on the first step; empty where
   *     momentum is 0
   * @param first whether this is the first step, on which the buffers have no content yet
   */
  public static void sgd(
      TensorList parameters, TensorList gradients, TensorList momenta, SgdStep step, First first) {
    Call.FUSED_SGD.run(
        parameters.value(),
        gradients.value(),
        momenta.value(),
        new IValue(step.weightDecay()),
        new IValue(step.momentum()),
        new IValue(step.lr()),
        new IValue(step.dampening()),
        new IValue(step.nesterov()),
        new IValue(false),
        new IValue(first == First.YES),
        new IValue(),
        new IValue());
  }

  /** Whether optimizer buffers are still without content. */
  public enum First {
    YES,
    NO
  }

  /**
   * The numbers of an Adam update: m, v moving averages of g and g²; θ −= lr·m̂/(√v̂ + eps). The
   * decay is added to g (g + weightDecay·θ), or shrinks θ first (θ −= lr·weightDecay·θ).
   *
   * @param lr any number: a negative one adds
   * @param divisor of the gradients, which are overwritten where it is not 1
   */
  public record AdamStep(
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      AdamDecay decay,
      double divisor) {

    /** A step with the gradients as they are. */
    public AdamStep(
        double lr, double beta1, double beta2, double eps, double weightDecay, AdamDecay decay) {
      this(lr, beta1, beta2, eps, weightDecay, decay, 1);
    }
  }

  /** Where weight decay acts. */
  public enum AdamDecay {
    /** In the gradient, as in Adam. */
    IN_GRADIENT,
    /** Apart from it, as in AdamW. */
    DECOUPLED
  }

  /**
   * What Adam remembers.
   *
   * @param averages m, of the parameters' shapes
   * @param squares v, of the parameters' shapes
   * @param maxima largest v so far, which AMSGrad takes in v's place; empty for Adam
   * @param steps float32 scalars, one a parameter, already counting this step
   */
  public record AdamState(
      TensorList averages, TensorList squares, TensorList maxima, TensorList steps) {}

  /** One Adam step over all parameters. */
  public static void adam(
      TensorList parameters, TensorList gradients, AdamState state, AdamStep step) {
    Call call = step.decay() == AdamDecay.DECOUPLED ? Call.FUSED_ADAMW : Call.FUSED_ADAM;
    Scope.run("adam", () -> adam(call, parameters, gradients, state, step));
  }

  private static void adam(
      Call call, TensorList parameters, TensorList gradients, AdamState state, AdamStep step) {
    call.run(
        parameters.value(),
        gradients.value(),
        state.averages().value(),
        state.squares().value(),
        state.maxima().value(),
        state.steps().value(),
        new IValue(step.lr()),
        new IValue(step.beta1()),
        new IValue(step.beta2()),
        new IValue(step.weightDecay()),
        new IValue(step.eps()),
        new IValue(!state.maxima().tensors().isEmpty()),
        new IValue(false),
        divisor(gradients, step.divisor()),
        new IValue());
  }

  /**
   * The kernel divides by a float32; float64 gradients, which would lose by it, are divided here.
   */
  private static IValue divisor(TensorList gradients, double value) {
    if (value == 1 || gradients.tensors().isEmpty()) {
      return new IValue();
    }
    Tensor first = gradients.tensors().get(0);
    if (first.dtype() == DType.FLOAT64) {
      mul(gradients, 1 / value);
      return new IValue();
    }
    return new IValue(Tensor.full(value, DType.FLOAT32, first.device()).handle());
  }

  /**
   * The numbers of an Adagrad update: d = g + weightDecay·θ; s += d²; θ −= lr/(1 + (t −
   * 1)·lrDecay)·d/(√s + eps).
   */
  public record AdagradStep(double lr, double lrDecay, double weightDecay, double eps) {}

  /**
   * One Adagrad step over all parameters.
   *
   * @param sums s, of the parameters' shapes
   * @param steps float32 scalars, one a parameter, already counting this step
   */
  public static void adagrad(
      TensorList parameters,
      TensorList gradients,
      TensorList sums,
      TensorList steps,
      AdagradStep step) {
    Call.FUSED_ADAGRAD.run(
        parameters.value(),
        gradients.value(),
        sums.value(),
        steps.value(),
        new IValue(step.lr()),
        new IValue(step.lrDecay()),
        new IValue(step.weightDecay()),
        new IValue(step.eps()),
        new IValue(false),
        new IValue(),
        new IValue());
  }

  // ------------------------------------------------------------------ in place, with numbers

  /** Adds a number to every tensor, in place. */
  public static void add(TensorList tensors, double value) {
    Call.FOREACH_ADD.change(tensors, number(value));
  }

  /** Adds to every tensor the number of its place, in place. */
  public static void add(TensorList tensors, double[] values) {
    if (areEqual(values)) {
      add(tensors, values[0]);
    } else {
      Call.FOREACH_ADD_EACH.change(tensors, numbers(values));
    }
  }

  /** Multiplies every tensor by a number, in place. */
  public static void mul(TensorList tensors, double value) {
    Call.FOREACH_MUL.change(tensors, number(value));
  }

  /** Multiplies every tensor by the number of its place, in place. */
  public static void mul(TensorList tensors, double[] values) {
    if (areEqual(values)) {
      mul(tensors, values[0]);
    } else {
      Call.FOREACH_MUL_EACH.change(tensors, numbers(values));
    }
  }

  /** Makes every element at least low and at most high, in place; not a number stays so. */
  public static void clamp(TensorList tensors, double low, double high) {
    Call.FOREACH_CLAMP_MIN.change(tensors, number(low));
    Call.FOREACH_CLAMP_MAX.change(tensors, number(high));
  }

  /** Makes every element 0, in place. */
  public static void zero(TensorList tensors) {
    Call.FOREACH_ZERO.change(tensors);
  }

  /** The sign of every element, in place: −1, 0 or 1. */
  public static void sign(TensorList tensors) {
    Call.FOREACH_SIGN.change(tensors);
  }

  /** The square root of every element, in place. */
  public static void sqrt(TensorList tensors) {
    Call.FOREACH_SQRT.change(tensors);
  }

  /** e to the power of every element, in place. */
  public static void exp(TensorList tensors) {
    Call.FOREACH_EXP.change(tensors);
  }

  // ------------------------------------------------------------------ in place, with partners

  /** Adds to every tensor its partner times a number, in place; a partner may be broadcast. */
  public static void add(TensorList tensors, TensorList others, double scale) {
    Call.FOREACH_ADD_LIST.change(tensors, others.value(), number(scale));
  }

  /** Multiplies every tensor by its partner, element by element, in place. */
  public static void mul(TensorList tensors, TensorList others) {
    Call.FOREACH_MUL_LIST.change(tensors, others.value());
  }

  /** Adds a·b·scale to every tensor, element by element, in place. */
  public static void addProduct(TensorList tensors, TensorList a, TensorList b, double scale) {
    Call.FOREACH_ADDCMUL.change(tensors, a.value(), b.value(), number(scale));
  }

  /** Adds a/b·scale to every tensor, element by element, in place. */
  public static void addQuotient(TensorList tensors, TensorList a, TensorList b, double scale) {
    Call.FOREACH_ADDCDIV.change(tensors, a.value(), b.value(), number(scale));
  }

  /** Adds a/b times the number of its place to every tensor, in place. */
  public static void addQuotient(TensorList tensors, TensorList a, TensorList b, double[] scales) {
    if (areEqual(scales)) {
      addQuotient(tensors, a, b, scales[0]);
    } else {
      Call.FOREACH_ADDCDIV_EACH.change(tensors, a.value(), b.value(), numbers(scales));
    }
  }

  /** Moves every tensor towards its partner by a share, in place: a + weight·(b − a). */
  public static void lerp(TensorList tensors, TensorList ends, double weight) {
    Call.FOREACH_LERP.change(tensors, ends.value(), number(weight));
  }

  /** Copies the elements of every partner into its tensor. */
  public static void copy(TensorList tensors, TensorList sources) {
    Call.FOREACH_COPY.change(tensors, sources.value(), new IValue(false));
  }

  // ------------------------------------------------------------------ numbers of tensors

  /** As {@link #norm(TensorList)}, of a list that is not kept. */
  public static double norm(List<Tensor> tensors) {
    try (TensorList list = TensorList.of(tensors)) {
      return norm(list);
    }
  }

  /** Euclidean length of all elements of all tensors taken as one vector; 0 for none. */
  public static double norm(TensorList tensors) {
    if (tensors.tensors().isEmpty()) {
      return 0;
    }
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return Autograd.off(
          () -> {
            IValue norms = Call.norms(tensors);
            return torch.stack(norms.toTensorVector(), 0).norm().item().toDouble();
          });
    } finally {
      scope.close();
    }
  }

  /** Euclidean length of each tensor. */
  public static double[] norms(TensorList tensors) {
    double[][] norms = {new double[0]};
    if (!tensors.tensors().isEmpty()) {
      Scope.run(
          "norms",
          () ->
              norms[0] =
                  Autograd.off(
                      () ->
                          new Tensor(torch.stack(Call.norms(tensors).toTensorVector(), 0), "norms")
                              .toDoubles()));
    }
    return norms[0];
  }

  /** The numbers of scalars, all of one type. */
  public static double[] values(TensorList scalars) {
    double[][] values = {new double[0]};
    if (!scalars.tensors().isEmpty()) {
      Scope.run(
          "values",
          () -> values[0] = Autograd.off(() -> Tensor.stack(scalars.tensors(), 0).toDoubles()));
    }
    return values[0];
  }

  private static boolean areEqual(double[] values) {
    return values.length > 0 && Arrays.stream(values).allMatch(value -> value == values[0]);
  }

  /**
   * A node of the graph that hands so many gradients on unchanged; needs a binding-level scope, and
   * differentiation on.
   */
  static Node identity(int gradients) {
    IValue leaves = LEAVES.computeIfAbsent(gradients, Foreach::leaves);
    return Call.FOREACH_PLUS.call(leaves, number(0)).get(0).toTensorVector().get(0).grad_fn();
  }

  /** So many leaves without elements or memory, which live as long as the program. */
  private static IValue leaves(int count) {
    TensorOptions nowhere = new TensorOptions(new org.bytedeco.pytorch.Device("meta"));
    GenericList list = list();
    for (int i = 0; i < count; i++) {
      org.bytedeco.pytorch.Tensor leaf = torch.zeros(new long[] {0}, nowhere);
      leaf.set_requires_grad(true);
      list.push_back(new IValue(leaf));
    }
    IValue value = new IValue(list);
    value.retainReference();
    return value;
  }

  private static IValue number(double value) {
    return new IValue(new Scalar(value));
  }

  private static IValue numbers(double[] values) {
    GenericList list =
        new GenericList(
            new org.bytedeco.pytorch.Type.TypePtr(
                new org.bytedeco.pytorch.SingletonTypePtr(
                    org.bytedeco.pytorch.NumberType.getNumberIntTypePtr().get())));
    list.reserve(values.length);
    for (double value : values) {
      list.push_back(number(value));
    }
    return new IValue(list);
  }

  /** Boxed operators that the binding does not map, found once each. */
  @SuppressWarnings("ImmutableEnumChecker") // the handle is a constant of libtorch
  private enum Call {
    FUSED_SGD("aten::_fused_sgd_", ""),
    FUSED_ADAM("aten::_fused_adam_", ""),
    FUSED_ADAMW("aten::_fused_adamw_", ""),
    FUSED_ADAGRAD("aten::_fused_adagrad_", ""),
    FOREACH_ADD("aten::_foreach_add_", "Scalar"),
    FOREACH_ADD_EACH("aten::_foreach_add_", "ScalarList"),
    FOREACH_ADD_LIST("aten::_foreach_add_", "List"),
    FOREACH_MUL("aten::_foreach_mul_", "Scalar"),
    FOREACH_MUL_EACH("aten::_foreach_mul_", "ScalarList"),
    FOREACH_MUL_LIST("aten::_foreach_mul_", "List"),
    FOREACH_ADDCMUL("aten::_foreach_addcmul_", "Scalar"),
    FOREACH_ADDCDIV("aten::_foreach_addcdiv_", "Scalar"),
    FOREACH_ADDCDIV_EACH("aten::_foreach_addcdiv_", "ScalarList"),
    FOREACH_CLAMP_MIN("aten::_foreach_clamp_min_", "Scalar"),
    FOREACH_CLAMP_MAX("aten::_foreach_clamp_max_", "Scalar"),
    FOREACH_SIGN("aten::_foreach_sign_", ""),
    FOREACH_SQRT("aten::_foreach_sqrt_", ""),
    FOREACH_EXP("aten::_foreach_exp_", ""),
    FOREACH_ZERO("aten::_foreach_zero_", ""),
    FOREACH_NORM("aten::_foreach_norm", "Scalar"),
    FOREACH_COPY("aten::_foreach_copy_", ""),
    FOREACH_PLUS("aten::_foreach_add", "Scalar"),
    FOREACH_LERP("aten::_foreach_lerp_", "Scalar");

    private final org.bytedeco.pytorch.OperatorHandle handle;

    Call(String name, String overload) {
      handle = org.bytedeco.pytorch.Dispatcher.singleton().findSchemaOrThrow(name, overload);
      handle.retainReference();
    }

    /** Norms of at least one tensor; needs a binding-level scope. */
    static IValue norms(TensorList tensors) {
      return FOREACH_NORM.call(tensors.value(), number(2), new IValue()).get(0);
    }

    /** Changes tensors in place; no tensors are no work. */
    void change(TensorList tensors, IValue... others) {
      if (tensors.tensors().isEmpty()) {
        return;
      }
      IValue[] arguments = new IValue[others.length + 1];
      arguments[0] = tensors.value();
      System.arraycopy(others, 0, arguments, 1, others.length);
      run(arguments);
    }

    /** Runs an operator that changes its arguments. */
    void run(IValue... arguments) {
      PointerScopeOnce scope = new PointerScopeOnce();
      try {
        call(arguments);
      } finally {
        scope.close();
      }
    }

    /** The results; arguments are all of the schema, in its order. Needs a binding-level scope. */
    IValueVector call(IValue... arguments) {
      IValueVector stack = new IValueVector(arguments);
      handle.callBoxed(stack);
      Profiler.called(name(), arguments);
      return stack;
    }
  }

  static GenericList list() {
    return new GenericList(
        new org.bytedeco.pytorch.Type.TypePtr(org.bytedeco.pytorch.TensorType.get()));
  }
}
