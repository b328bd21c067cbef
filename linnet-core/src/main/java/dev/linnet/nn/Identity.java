package dev.linnet.nn;

import dev.linnet.tensor.Tensor;

/** Hands its input on: stands where a part is absent. */
public final class Identity extends Module {
  @Override
  protected Tensor compute(Tensor x) {
    return x;
  }
}
