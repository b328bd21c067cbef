package dev.linnet.nn;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;

/** How a parameter starts. Weights are [out, in, …]; fan in is elements ÷ out. */
@FunctionalInterface
public interface Initializer {
  /** All 0. */
  Initializer ZEROS = (dtype, shape, random) -> constant(0, dtype, shape);

  /** All 1. */
  Initializer ONES = (dtype, shape, random) -> constant(1, dtype, shape);

  /**
   * Normal with variance 2 / fan out, where fan out is out × kernel area (He et al., ICCV 2015,
   * arXiv:1502.01852, for rectifiers, seen from the way back).
   */
  Initializer KAIMING_NORMAL_FAN_OUT = kaimingNormalFanOut(1);

  /**
   * Normal with variance 2 / fan in (He et al., ICCV 2015, arXiv:1502.01852, for rectifiers, seen
   * from the way forth).
   */
  Initializer KAIMING_NORMAL_FAN_IN =
      (dtype, shape, random) ->
          Tensor.normal(0, Math.sqrt(2 / fanIn(shape)), random, dtype, shape.toArray());

  /** Uniform with the same variance. */
  Initializer KAIMING_UNIFORM_FAN_IN =
      (dtype, shape, random) -> uniform(Math.sqrt(6 / fanIn(shape)), dtype, shape, random);

  /** Uniform in ±1/√fan out, as the linear layers of TensorFlow's mobile networks. */
  Initializer UNIFORM_FAN_OUT =
      (dtype, shape, random) -> uniform(1 / Math.sqrt((double) shape.dim(0)), dtype, shape, random);

  /** PyTorch's default for linear and convolution weights: uniform in ±1/√fan in. */
  Initializer TORCH_DEFAULT =
      (dtype, shape, random) -> uniform(1 / Math.sqrt(fanIn(shape)), dtype, shape, random);

  /** PyTorch's default for a bias: uniform in ±1/√fan in of its weight. */
  static Initializer biasOf(long fanIn) {
    return (dtype, shape, random) -> uniform(1 / Math.sqrt((double) fanIn), dtype, shape, random);
  }

  /** All the same. */
  static Initializer constant(double value) {
    return (dtype, shape, random) -> constant(value, dtype, shape);
  }

  /**
   * Normal with variance 2 / fan out of a convolution in groups, where fan out is out × kernel area
   * / groups.
   *
   * @param groups of the convolution; 1 also counts all of its outputs together, as ResNeXt does
   */
  static Initializer kaimingNormalFanOut(int groups) {
    return (dtype, shape, random) -> {
      double fanOut = (double) shape.count() / shape.dim(1) / groups;
      return Tensor.normal(0, Math.sqrt(2.0 / fanOut), random, dtype, shape.toArray());
    };
  }

  /** Normal with mean 0. */
  static Initializer normal(double deviation) {
    return normal(0, deviation);
  }

  /** Normal. */
  static Initializer normal(double mean, double deviation) {
    return (dtype, shape, random) -> Tensor.normal(mean, deviation, random, dtype, shape.toArray());
  }

  /** Makes the tensor on the processor; it belongs to the innermost open scope. */
  Tensor make(DType dtype, Shape shape, RandomState random);

  private static double fanIn(Shape shape) {
    return (double) shape.count() / shape.dim(0);
  }

  private static Tensor uniform(double bound, DType dtype, Shape shape, RandomState random) {
    return Tensor.uniform(-bound, bound, random, dtype, shape.toArray());
  }

  private static Tensor constant(double value, DType dtype, Shape shape) {
    return Tensor.full(value, dtype, Device.CPU, shape.toArray());
  }
}
