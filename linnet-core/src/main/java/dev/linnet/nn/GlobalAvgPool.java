package dev.linnet.nn;

import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;

/** Mean of each channel's map: [N, C, H, W] to [N, C]. */
public final class GlobalAvgPool extends Module {
  private static final Dims HEIGHT_AND_WIDTH = Dims.of(2, 3);

  @Override
  protected Tensor compute(Tensor x) {
    return x.mean(HEIGHT_AND_WIDTH);
  }
}
