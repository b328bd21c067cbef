package dev.linnet.tensor;

import org.bytedeco.pytorch.LongOptional;
import org.jspecify.annotations.Nullable;

/**
 * Every so manyth row and column of a map. Its gradient comes back channels-last, as what is before
 * it wants it; libtorch's does not, and is copied there once more.
 */
final class Subsample extends Function {
  private final int step;
  private long height;
  private long width;

  Subsample(int step) {
    super("subsample");
    this.step = step;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    height = in[0].dim(2);
    width = in[0].dim(3);
    return new Tensor[] {taken(in[0])};
  }

  private Tensor taken(Tensor x) {
    return new Tensor(
        x.handle()
            .slice(2, new LongOptional(), new LongOptional(), step)
            .slice(3, new LongOptional(), new LongOptional(), step),
        "subsample");
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor given = gradients[0];
    if (given == null) {
      return new @Nullable Tensor[1];
    }
    Tensor all =
        Tensor.zeros(given.dtype(), Device.CPU, given.dim(0), height, width, given.dim(1))
            .permute(0, 3, 1, 2);
    taken(all).handle().copy_(given.handle());
    return new Tensor[] {all};
  }
}
