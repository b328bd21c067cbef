package dev.linnet.tensor;

import org.bytedeco.pytorch.LongOptional;
import org.jspecify.annotations.Nullable;

/**
 * Every so manyth row and column of a map, with channels of zeros on both sides. Its gradient comes
 * back channels-last, as what is before it wants it; libtorch's does not, and is copied there once
 * more.
 */
final class Subsample extends Function {
  private static final int CHANNEL = 1;

  private final int step;
  private final int zeros;
  private long height;
  private long width;

  /**
   * @param zeros channels of zeros before and behind those of the map
   */
  Subsample(int step, int zeros) {
    super("subsample");
    this.step = step;
    this.zeros = zeros;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    height = in[0].dim(2);
    width = in[0].dim(3);
    Tensor seen = taken(in[0]);
    if (zeros == 0) {
      return new Tensor[] {seen};
    }
    long channels = seen.dim(CHANNEL);
    Tensor y =
        Tensor.emptyMap(seen.dtype(), seen.dim(0), channels + 2L * zeros, seen.dim(2), seen.dim(3));
    y.handle().narrow(CHANNEL, 0, zeros).zero_();
    y.handle().narrow(CHANNEL, zeros, channels).copy_(seen.handle());
    y.handle().narrow(CHANNEL, zeros + channels, zeros).zero_();
    return new Tensor[] {y};
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
    long channels = given.dim(CHANNEL) - 2L * zeros;
    Tensor all =
        Tensor.zeros(given.dtype(), Device.CPU, given.dim(0), height, width, channels)
            .permute(0, 3, 1, 2);
    taken(all).handle().copy_(given.handle().narrow(CHANNEL, zeros, channels));
    return new Tensor[] {all};
  }
}
