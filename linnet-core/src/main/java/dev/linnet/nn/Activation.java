package dev.linnet.nn;

import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/** An activation function where no norm stands before it; with one, {@link NormAct} has both. */
public final class Activation extends Module {
  private final Nonlinearity function;

  /** Of any shape. */
  public Activation(Nonlinearity function) {
    this.function = function;
  }

  @Override
  protected Tensor compute(Tensor x) {
    return function.apply(x);
  }
}
