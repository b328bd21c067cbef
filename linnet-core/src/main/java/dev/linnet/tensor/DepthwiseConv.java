package dev.linnet.tensor;

import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of each channel by itself whose way back takes kernels that are fast. Two of
 * libtorch's are many times slower than they need be ({@code bench train mobilenetv2_100
 * --profile}, with and without {@code --no-fused}), and both have a detour that computes the same:
 *
 * <ul>
 *   <li>the gradient by x of a stride above 1, in bf16: the gradient by y is spread out, zeros
 *       between, and the stride is 1;
 *   <li>the gradient by a kernel wider than three columns: three columns at a time, each of x moved
 *       sideways.
 * </ul>
 *
 * <p>Inputs: x [N, C, H, W], weight [C, 1, h, w] and, where there is one, bias [C].
 */
final class DepthwiseConv extends Function {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int BIAS = 2;

  /** Columns of a kernel whose gradient libtorch has a fast kernel for. */
  private static final int FAST_COLUMNS = 3;

  private static final long[] ONES = {1, 1};
  private static final long[] NO_PADDING = {0, 0};

  private final Window window;
  private boolean biased;

  DepthwiseConv(Tensor weight, Window window) {
    super(Profiler.convolution(weight, (int) weight.dim(0)));
    this.window = window;
  }

  /** Whether the way back of such a convolution has a detour. */
  static boolean helps(Tensor weight, Window window, DType dtype) {
    long[] stride = window.stride();
    long[] dilation = window.dilation();
    return dilation[0] == 1
        && dilation[1] == 1
        && stride[0] == stride[1]
        && weight.dim(2) >= FAST_COLUMNS
        && weight.dim(3) >= FAST_COLUMNS
        && (weight.dim(3) > FAST_COLUMNS || (stride[0] > 1 && dtype == DType.BFLOAT16));
  }

  @Override
  protected long macs(Tensor[] inputs, Tensor[] results) {
    return results[0].count() * inputs[WEIGHT].dim(2) * inputs[WEIGHT].dim(3);
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    biased = in.length > BIAS;
    save(in[X]);
    save(in[WEIGHT]);
    return new Tensor[] {
      in[X].conv2d(in[WEIGHT], biased ? in[BIAS] : null, window, (int) in[X].dim(1))
    };
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    @Nullable Tensor[] made = new @Nullable Tensor[biased ? BIAS + 1 : BIAS];
    Tensor given = gradients[0];
    if (given == null) {
      return made;
    }
    Tensor x = saved(X);
    Tensor weight = saved(WEIGHT);
    Tensor gradient = given.to(x.dtype()).channelsLast();
    boolean strided = window.stride()[0] > 1;
    boolean wide = weight.dim(3) > FAST_COLUMNS;
    boolean spreads = strided && (wide || x.dtype() == DType.BFLOAT16);
    Tensor dense = spreads ? spread(gradient, x, weight) : gradient;
    if (needs(X)) {
      long[] stride = spreads ? ONES : window.stride();
      made[X] = back(dense, x, weight, stride, window.padding(), X);
    }
    if (needs(WEIGHT)) {
      made[WEIGHT] =
          wide
              ? columns(dense, x, weight)
              : back(gradient, x, weight, window.stride(), window.padding(), WEIGHT);
    }
    if (biased && needs(BIAS)) {
      made[BIAS] = gradient.sum(Dims.of(0, 2, 3));
    }
    return made;
  }

  /** The gradient by a result of stride 1 of which this one's were every so manyth. */
  private Tensor spread(Tensor gradient, Tensor x, Tensor weight) {
    long step = window.stride()[0];
    long[] padding = window.padding();
    long height = x.dim(2) + 2 * padding[0] - weight.dim(2) + 1;
    long width = x.dim(3) + 2 * padding[1] - weight.dim(3) + 1;
    Tensor all =
        Tensor.zeros(gradient.dtype(), Device.CPU, x.dim(0), height, width, x.dim(1))
            .permute(0, 3, 1, 2);
    all.handle()
        .slice(2, new LongOptional(0), new LongOptional(height), step)
        .slice(3, new LongOptional(0), new LongOptional(width), step)
        .copy_(gradient.handle());
    return all;
  }

  /** The gradient by a wide kernel, some columns at a time; the stride is 1. */
  private Tensor columns(Tensor gradient, Tensor x, Tensor weight) {
    long wide = weight.dim(3);
    long padding = window.padding()[1];
    long needed = gradient.dim(3) + FAST_COLUMNS - 1;
    Tensor all = weight.emptyLike();
    long parts = (wide + FAST_COLUMNS - 1) / FAST_COLUMNS;
    for (long i = 0; i < parts; i++) {
      long first = Math.round((double) i * (wide - FAST_COLUMNS) / (parts - 1));
      long left = padding - first;
      Tensor part =
          new Tensor(weight.handle().narrow(3, first, FAST_COLUMNS).contiguous(), "columns");
      Tensor made;
      if (left == 1 && gradient.dim(3) == x.dim(3)) { // the middle, where x can stay
        made = back(gradient, x, part, ONES, new long[] {window.padding()[0], 1}, WEIGHT);
      } else {
        long[] border = {left, needed - x.dim(3) - left};
        Tensor moved =
            new Tensor(torch.constant_pad_nd(x.handle(), border), "moved").channelsLast();
        made = back(gradient, moved, part, ONES, new long[] {window.padding()[0], 0}, WEIGHT);
      }
      all.handle().narrow(3, first, FAST_COLUMNS).copy_(made.handle());
    }
    return all;
  }

  private static Tensor back(
      Tensor gradient, Tensor x, Tensor weight, long[] stride, long[] padding, int by) {
    BoolPointer which = new BoolPointer(3);
    which.put(0, by == X).put(1, by == WEIGHT).put(2, false);
    T_TensorTensorTensor_T all =
        torch.convolution_backward(
            gradient.handle(),
            x.handle(),
            weight.handle(),
            new long[] {weight.dim(0)},
            stride,
            padding,
            ONES,
            false,
            NO_PADDING,
            weight.dim(0),
            which);
    return new Tensor(by == X ? all.get0() : all.get1(), "convolution_backward");
  }
}
