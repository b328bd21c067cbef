package dev.linnet.tensor;

import java.util.List;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;

/** Updates of many tensors by one native call each: libtorch's fused optimizers and lists. */
public final class Foreach {
  private Foreach() {}

  /**
   * The numbers of an SGD update: d = g + weightDecay·θ; m = momentum·m + (1 − dampening)·d (m = d
   * at first); θ −= lr·(d + momentum·m with Nesterov, else m).
   */
  public record SgdStep(
      double lr, double momentum, boolean nesterov, double weightDecay, double dampening) {}

  /**
   * The numbers of an AdamW update: θ −= lr·weightDecay·θ; m, v moving averages of g and g²; θ −=
   * lr·m̂/(√v̂ + eps).
   */
  public record AdamWStep(double lr, double beta1, double beta2, double eps, double weightDecay) {}

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
   * One AdamW step over all parameters.
   *
   * @param steps float32 scalars, one a parameter, already counting this step
   */
  public static void adamw(
      TensorList parameters,
      TensorList gradients,
      TensorList averages,
      TensorList squares,
      TensorList steps,
      AdamWStep step) {
    Call.FUSED_ADAMW.run(
        parameters.value(),
        gradients.value(),
        averages.value(),
        squares.value(),
        TensorList.EMPTY.value(),
        steps.value(),
        new IValue(step.lr()),
        new IValue(step.beta1()),
        new IValue(step.beta2()),
        new IValue(step.weightDecay()),
        new IValue(step.eps()),
        new IValue(false),
        new IValue(false),
        new IValue(),
        new IValue());
  }

  /** Adds a number to every tensor, in place. */
  public static void add(TensorList tensors, double value) {
    if (tensors.tensors().isEmpty()) {
      return;
    }
    Call.FOREACH_ADD.run(tensors.value(), new IValue(new Scalar(value)));
  }

  /** Multiplies every tensor by a number, in place. */
  public static void mul(TensorList tensors, double value) {
    if (tensors.tensors().isEmpty()) {
      return;
    }
    Call.FOREACH_MUL.run(tensors.value(), new IValue(new Scalar(value)));
  }

  /** Moves every tensor towards its partner by a share, in place: a + weight·(b − a). */
  public static void lerp(TensorList tensors, TensorList ends, double weight) {
    if (tensors.tensors().isEmpty()) {
      return;
    }
    Call.FOREACH_LERP.run(tensors.value(), ends.value(), new IValue(new Scalar(weight)));
  }

  /** Copies the elements of every partner into its tensor. */
  public static void copy(TensorList tensors, TensorList sources) {
    if (tensors.tensors().isEmpty()) {
      return;
    }
    Call.FOREACH_COPY.run(tensors.value(), sources.value(), new IValue(false));
  }

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
            IValue norms =
                Call.FOREACH_NORM
                    .call(tensors.value(), new IValue(new Scalar(2.0)), new IValue())
                    .get(0);
            return torch.stack(norms.toTensorVector(), 0).norm().item().toDouble();
          });
    } finally {
      scope.close();
    }
  }

  /** Boxed operators that the binding does not map, found once each. */
  @SuppressWarnings("ImmutableEnumChecker") // the handle is a constant of libtorch
  private enum Call {
    FUSED_SGD("aten::_fused_sgd_", ""),
    FUSED_ADAMW("aten::_fused_adamw_", ""),
    FOREACH_ADD("aten::_foreach_add_", "Scalar"),
    FOREACH_MUL("aten::_foreach_mul_", "Scalar"),
    FOREACH_NORM("aten::_foreach_norm", "Scalar"),
    FOREACH_COPY("aten::_foreach_copy_", ""),
    FOREACH_LERP("aten::_foreach_lerp_", "Scalar");

    private final org.bytedeco.pytorch.OperatorHandle handle;

    Call(String name, String overload) {
      handle = org.bytedeco.pytorch.Dispatcher.singleton().findSchemaOrThrow(name, overload);
      handle.retainReference();
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
      return stack;
    }
  }

  static GenericList list() {
    return new GenericList(
        new org.bytedeco.pytorch.Type.TypePtr(org.bytedeco.pytorch.TensorType.get()));
  }
}
