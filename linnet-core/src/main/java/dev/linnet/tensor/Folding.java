package dev.linnet.tensor;

import static java.util.Objects.requireNonNull;

import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Batch norm in evaluation as what it is, {@code scale · x + shift} with {@code scale = γ / √(σ² +
 * ε)} and {@code shift = β − μ · scale}, and its product with the convolution before it. Computed
 * in double precision and rounded once.
 */
final class Folding {
  private Folding() {}

  /** Weights of a convolution or of a linear layer, row-major in fp32. */
  record Weights(org.bytedeco.pytorch.Tensor weight, org.bytedeco.pytorch.@Nullable Tensor bias) {}

  /** The weights of an operator, with a batch norm behind it folded in. */
  static Weights of(Op op, @Nullable Op norm) {
    org.bytedeco.pytorch.Tensor weight = constant(op, 1);
    org.bytedeco.pytorch.Tensor bias = op.inputs.size() > 2 ? constant(op, 2) : null;
    if (norm != null) {
      org.bytedeco.pytorch.Tensor scale = scale(norm);
      org.bytedeco.pytorch.Tensor shift = shift(norm, scale);
      weight = weight.mul(scale.reshape(-1, 1, 1, 1));
      bias = bias == null ? shift : shift.add(bias.mul(scale));
    }
    return new Weights(single(weight), bias == null ? null : single(bias));
  }

  /** Scale and shift of a batch norm by itself, each [1, C, 1, 1]; constants of its trace. */
  static Value[] line(Op norm, Trace trace) {
    org.bytedeco.pytorch.Tensor scale = scale(norm);
    org.bytedeco.pytorch.Tensor shift = shift(norm, scale);
    return new Value[] {perChannel(scale, trace), perChannel(shift, trace)};
  }

  private static org.bytedeco.pytorch.Tensor scale(Op norm) {
    double eps = norm.attribute("eps", Double.class);
    return constant(norm, 1).div(constant(norm, 4).add(new Scalar(eps)).sqrt());
  }

  private static org.bytedeco.pytorch.Tensor shift(Op norm, org.bytedeco.pytorch.Tensor scale) {
    return constant(norm, 2).sub(constant(norm, 3).mul(scale));
  }

  private static org.bytedeco.pytorch.Tensor constant(Op op, int input) {
    return requireNonNull(op.inputs.get(input).constant).to(ScalarType.Double);
  }

  private static org.bytedeco.pytorch.Tensor single(org.bytedeco.pytorch.Tensor t) {
    return t.to(ScalarType.Float).contiguous(torch.MemoryFormat.Contiguous);
  }

  private static Value perChannel(org.bytedeco.pytorch.Tensor t, Trace trace) {
    org.bytedeco.pytorch.Tensor map = single(t.reshape(1, -1, 1, 1));
    return trace.constant(Shape.of(1, t.size(0), 1, 1), DType.FLOAT32, map);
  }
}
