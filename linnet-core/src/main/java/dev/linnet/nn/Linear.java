package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * x · weightᵀ + bias: [N, in] to [N, out]. Parameter names are PyTorch's: weight [out, in], bias
 * [out].
 */
public final class Linear extends Module {

  /**
   * The description of the layer.
   *
   * @param in features in, at least 1
   * @param out features out, at least 1
   * @param bias whether each output has a bias
   * @param weightStart how the weight starts
   * @param biasStart how the bias starts
   */
  public record Spec(int in, int out, Bias bias, Initializer weightStart, Initializer biasStart)
      implements Layer<Linear> {
    public Spec {
      Check.that(in >= 1, "in", in, "at least 1");
      Check.that(out >= 1, "out", out, "at least 1");
    }

    /** No bias. */
    public Spec withoutBias() {
      return new Spec(in, out, Bias.WITHOUT, weightStart, biasStart);
    }

    /** Other first values. */
    public Spec withStart(Initializer weight, Initializer biasStart) {
      return new Spec(in, out, bias, weight, biasStart);
    }

    @Override
    public Linear build() {
      return new Linear(this);
    }
  }

  private final Spec spec;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  private Linear(Spec spec) {
    this.spec = spec;
    weight = parameter("weight", spec.weightStart(), spec.out(), spec.in());
    bias = spec.bias() == Bias.WITH ? parameter("bias", spec.biasStart(), spec.out()) : null;
  }

  /** With bias; both start as PyTorch's, uniform in ±1/√in. */
  public static Spec of(int in, int out) {
    return new Spec(in, out, Bias.WITH, Initializer.TORCH_DEFAULT, Initializer.biasOf(in));
  }

  /** What this layer was built from. */
  public Spec spec() {
    return spec;
  }

  /** The weight [out, in]. */
  public Parameter weight() {
    return weight;
  }

  @Override
  protected Tensor compute(Tensor x) {
    return x.linear(weight.value(), bias == null ? null : bias.value());
  }
}
