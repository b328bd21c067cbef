package dev.linnet.tensor;

/** The activation functions of the zoo. */
public enum Nonlinearity {
  IDENTITY,
  RELU,
  RELU6,
  SILU,
  GELU,
  HARDSWISH,
  HARDSIGMOID,
  SIGMOID,
  TANH;

  /** The function of each element; x stays as it is. */
  public Tensor apply(Tensor x) {
    return switch (this) {
      case IDENTITY -> x;
      case RELU -> x.relu();
      case RELU6 -> x.relu6();
      case SILU -> x.silu();
      case GELU -> x.gelu();
      case HARDSWISH -> x.hardswish();
      case HARDSIGMOID -> x.hardsigmoid();
      case SIGMOID -> x.sigmoid();
      case TANH -> x.tanh();
    };
  }

  /** The same for an x that nobody needs afterwards: saves memory where the gradient allows it. */
  public Tensor applyInPlace(Tensor x) {
    return this == RELU ? x.reluInPlace() : apply(x);
  }
}
