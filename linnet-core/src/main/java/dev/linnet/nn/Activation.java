package dev.linnet.nn;

import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/** An activation function where no norm stands before it; with one, {@link NormAct} has both. */
public final class Activation extends Module {
  private final Nonlinearity function;
  private final boolean overwrites;

  /** Of any shape. */
  public Activation(Nonlinearity function) {
    this(function, false);
  }

  private Activation(Nonlinearity function, boolean overwrites) {
    this.function = function;
    this.overwrites = overwrites;
  }

  /**
   * The same where nobody else needs the input, such as right behind a convolution: the output may
   * take its memory.
   */
  public static Activation overwriting(Nonlinearity function) {
    return new Activation(function, true);
  }

  @Override
  protected Tensor compute(Tensor x) {
    return overwrites ? function.applyInPlace(x) : function.apply(x);
  }
}
