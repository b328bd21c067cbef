package dev.linnet.nn;

import dev.linnet.tensor.Profiler;
import dev.linnet.tensor.Tensor;

/** A module of two inputs, such as a cell that sees the two before it; one stands for both. */
public abstract class TwoInputs extends Module {
  /** Computes the output; new tensors belong to the innermost open scope. */
  public final Tensor forward(Tensor x, Tensor previous) {
    return Taps.seen(
        this, Profiler.within(this, () -> computed(in -> compute(in[0], in[1]), x, previous)));
  }

  /** What {@link #forward(Tensor, Tensor)} does. */
  protected abstract Tensor compute(Tensor x, Tensor previous);

  @Override
  protected final Tensor compute(Tensor x) {
    return compute(x, x);
  }
}
