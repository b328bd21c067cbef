package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.Window;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution: [N, in, H, W] to [N, out, H', W'], where H' = ⌊(H + 2 padding −
 * dilation (kernel − 1) − 1) / stride⌋ + 1.
 *
 * <p>Parameter names are PyTorch's: weight [out, in / groups, kernel, kernel], bias [out].
 */
public final class Conv2d extends Module {

  /**
   * The description of the layer.
   *
   * @param in input channels, a multiple of groups
   * @param out output channels, a multiple of groups
   * @param kernel area that one output sees
   * @param stride step in pixels, at least 1
   * @param padding border of zeros
   * @param dilation distance of the kernel's points in pixels, at least 1
   * @param groups parts of the channels that do not see each other
   * @param bias whether each output channel has a bias
   * @param weightStart how the weight starts
   * @param biasStart how the bias starts
   */
  public record Spec(
      int in,
      int out,
      Kernel kernel,
      int stride,
      Padding padding,
      int dilation,
      int groups,
      Bias bias,
      Initializer weightStart,
      Initializer biasStart)
      implements Layer<Conv2d> {
    public Spec {
      Check.that(in >= 1, "in", in, "at least 1");
      Check.that(out >= 1, "out", out, "at least 1");
      Check.that(stride >= 1, "stride", stride, "at least 1");
      Check.that(dilation >= 1, "dilation", dilation, "at least 1");
      Check.that(
          groups >= 1 && in % groups == 0 && out % groups == 0,
          "groups",
          groups,
          "a divisor of " + in + " and of " + out);
    }

    /** Another step. */
    public Spec withStride(int value) {
      return new Spec(
          in, out, kernel, value, padding, dilation, groups, bias, weightStart, biasStart);
    }

    /** Another number of zeros on each side. */
    public Spec withPadding(int pixels) {
      return withPadding(Padding.of(pixels));
    }

    /** Another border of zeros. */
    public Spec withPadding(Padding value) {
      return new Spec(
          in, out, kernel, stride, value, dilation, groups, bias, weightStart, biasStart);
    }

    /** Another distance of the kernel's points. */
    public Spec withDilation(int value) {
      return new Spec(
          in, out, kernel, stride, padding, value, groups, bias, weightStart, biasStart);
    }

    /** Channels in parts that do not see each other. */
    public Spec withGroups(int value) {
      return new Spec(
          in, out, kernel, stride, padding, dilation, value, bias, weightStart, biasStart);
    }

    /** No bias: a norm follows. */
    public Spec withoutBias() {
      return new Spec(
          in, out, kernel, stride, padding, dilation, groups, Bias.WITHOUT, weightStart, biasStart);
    }

    /** Other first values. */
    public Spec withStart(Initializer weight, Initializer biasStart) {
      return new Spec(in, out, kernel, stride, padding, dilation, groups, bias, weight, biasStart);
    }

    /** PyTorch's own first values: weight and bias uniform in ±1/√fan in. */
    public Spec withTorchStart() {
      long fanIn = (long) in / groups * kernel.area();
      return withStart(Initializer.TORCH_DEFAULT, Initializer.biasOf(fanIn));
    }

    @Override
    public Conv2d build() {
      return new Conv2d(this);
    }
  }

  private final Spec spec;
  private final Window window;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  private Conv2d(Spec spec) {
    this.spec = spec;
    window = spec.padding().window(spec.kernel(), spec.stride(), spec.dilation());
    weight =
        parameter(
            "weight",
            spec.weightStart(),
            spec.out(),
            spec.in() / spec.groups(),
            spec.kernel().height(),
            spec.kernel().width());
    bias = spec.bias() == Bias.WITH ? parameter("bias", spec.biasStart(), spec.out()) : null;
  }

  /**
   * Stride 1, padding {@link Padding#SYMMETRIC}, one group, with bias. The weight starts normal
   * with variance 2 / fan out as in timm's convolutional networks, the bias at 0.
   */
  public static Spec of(int in, int out, int kernel) {
    return of(in, out, Kernel.square(kernel));
  }

  /** The same with a kernel of any sides. */
  public static Spec of(int in, int out, Kernel kernel) {
    return new Spec(
        in,
        out,
        kernel,
        1,
        Padding.SYMMETRIC,
        1,
        1,
        Bias.WITH,
        Initializer.KAIMING_NORMAL_FAN_OUT,
        Initializer.ZEROS);
  }

  /** What this layer was built from. */
  public Spec spec() {
    return spec;
  }

  /** What is computed of x, if it is one plain convolution of all channels. */
  Optional<Fusion.Conv> of(Tensor x) {
    boolean plain =
        spec.groups() == 1 && bias == null && spec.padding().kind() != Padding.Kind.SAME;
    return plain ? Optional.of(new Fusion.Conv(x, weight.value(), window)) : Optional.empty();
  }

  @Override
  protected Tensor compute(Tensor x) {
    Tensor padded = spec.padding().border(x, spec.kernel(), spec.stride(), spec.dilation(), 0);
    return padded.conv2d(weight.value(), bias == null ? null : bias.value(), window, spec.groups());
  }
}
