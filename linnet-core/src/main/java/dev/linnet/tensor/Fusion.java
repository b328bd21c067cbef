package dev.linnet.tensor;

import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Fused kernels on the processor: in training several operators in one pass over the memory, where
 * it can be had, else libtorch's own; in inference {@link Compiled} networks. Results agree within
 * the rounding of the type.
 */
public final class Fusion {
  private static final Fusion HERE = probe();
  private static final ThreadLocal<Boolean> OFF = ThreadLocal.withInitial(() -> false);

  private final Optional<String> version;
  private final String why;
  private final boolean widens;

  private Fusion(Optional<String> version, String why, boolean widens) {
    this.version = version;
    this.why = why;
    this.widens = widens;
  }

  private static Fusion probe() {
    try {
      return new Fusion(Optional.of(OneDnn.version()), "", OneDnn.widens());
    } catch (NoClassDefFoundError e) {
      return without("oneDNN is not on the class path");
    } catch (LinkageError | RuntimeException e) {
      return without("oneDNN cannot be loaded: " + e.getMessage());
    }
  }

  private static Fusion without(String why) {
    return new Fusion(Optional.empty(), why, false);
  }

  /** Whose kernels are used, such as {@code oneDNN 3.11.0}; empty where there are none. */
  public static Optional<String> provider() {
    return HERE.version.map(v -> "oneDNN " + v);
  }

  /** Why there is no {@link #provider}; empty where there is one. */
  public static String reason() {
    return HERE.why;
  }

  /**
   * The type in which fused kernels multiply what is stored in a type: that type, but fp32 for bf16
   * on processors that are faster so. Results are those of bf16 or more exact.
   */
  public static DType products(DType dtype) {
    return dtype == DType.BFLOAT16 && HERE.widens ? DType.FLOAT32 : dtype;
  }

  /** Runs work on libtorch's own operators alone; the switch is the thread's own. */
  public static <T> T off(Supplier<T> work) {
    boolean before = OFF.get();
    OFF.set(true);
    try {
      return work.get();
    } finally {
      OFF.set(before);
    }
  }

  /** Whether this thread works without fused kernels. */
  static boolean isOff() {
    return OFF.get();
  }

  /** The fused form of {@link BatchNorm#apply}; empty where it cannot be had. */
  static Optional<Tensor> normAct(
      BatchNorm norm,
      Tensor x,
      @Nullable Tensor residual,
      BatchNorm.Pass pass,
      Nonlinearity activation) {
    boolean inside = activation == Nonlinearity.RELU || activation == Nonlinearity.IDENTITY;
    if (!pass.training()
        || HERE.version.isEmpty()
        || OFF.get()
        || wantsPlain(Scope.current().recorder)
        || !isPlane(x, x)
        || x.count() == x.dim(1)
        || !isPlain(norm)
        || (residual != null && (!inside || !isPlane(residual, x)))) {
      return Optional.empty();
    }
    FusedNorm fused =
        new FusedNorm(
            new NormPass(
                norm, pass, BatchNorm.group(), activation == Nonlinearity.RELU, residual != null));
    Tensor[] y =
        residual == null
            ? fused.apply(x, norm.weight(), norm.bias())
            : fused.apply(x, norm.weight(), norm.bias(), residual);
    return Optional.of(inside ? y[0] : activation.applyInPlace(y[0]));
  }

  /**
   * A tensor for each of two ways on, such as through a residual block and past it. Both are the
   * tensor itself; what changes is how fast the gradients that come back are summed.
   */
  public static Tensor[] fork(Tensor x) {
    return sums(x) ? new Fork().apply(x) : new Tensor[] {x, x};
  }

  /**
   * A map [N, C, H, W] itself and the means of its channels, [N, C, 1, 1]; what changes is how fast
   * the gradients that come back are summed.
   */
  public static Tensor[] squeeze(Tensor x) {
    return sums(x) ? new Squeeze().apply(x) : new Tensor[] {x, Squeeze.means(x)};
  }

  /** Whether gradients by a tensor that come back are to be summed by fused kernels. */
  private static boolean sums(Tensor x) {
    return HERE.version.isPresent()
        && !OFF.get()
        && Scope.current().recorder == null
        && Autograd.isEnabled()
        && x.requiresGrad()
        && isPlane(x, x);
  }

  /**
   * The form of {@link Tensor#conv2d} for one channel a group whose way back is fast; empty where
   * libtorch's is. It needs no kernels but libtorch's.
   */
  static Optional<Tensor> depthwise(
      Tensor x, Tensor weight, @Nullable Tensor bias, Window window, int groups) {
    if (groups == 1
        || x.device().kind() != Device.Kind.CPU
        || OFF.get()
        || wantsPlain(Scope.current().recorder)
        || !Autograd.isEnabled()
        || x.handle().dim() != 4
        || x.dim(1) != groups
        || weight.dim(0) != groups
        || !x.handle().is_contiguous(torch.MemoryFormat.ChannelsLast)) {
      return Optional.empty();
    }
    DType type = Autocast.type(x.dtype());
    if ((type != DType.FLOAT32 && type != DType.BFLOAT16)
        || !DepthwiseConv.helps(weight, window, type)) {
      return Optional.empty();
    }
    DepthwiseConv conv = new DepthwiseConv(weight, window);
    Tensor plane = x.to(type);
    Tensor kernel = weight.to(type);
    return Optional.of(
        (bias == null ? conv.apply(plane, kernel) : conv.apply(plane, kernel, bias.to(type)))[0]);
  }

  private static boolean wantsPlain(@Nullable Recorder recorder) {
    return recorder != null && recorder.wantsPlain();
  }

  /**
   * The form of {@link Tensor#conv2d} for all channels by newer kernels than libtorch's, in
   * training and where products are not in the type of the maps; empty where it cannot be had.
   */
  static Optional<Tensor> conv(
      Tensor x, Tensor weight, @Nullable Tensor bias, Window window, int groups) {
    if (groups != 1
        || !isReadable(x, weight)
        || !isMap(x, weight)
        || (bias != null && (bias.dtype() != DType.FLOAT32 || !bias.isContiguous()))) {
      return Optional.empty();
    }
    DType type = Autocast.type(x.dtype());
    if (!isConvType(type, x) || !(learns(x, weight) || widens(type))) {
      return Optional.empty();
    }
    Tensor plane = x.to(type);
    int step = window.sparse(weight);
    if (step > 1) {
      Tensor seen = new Subsample(step, 0).apply(plane)[0].channelsLast();
      return conv(seen, weight, bias, Window.square(1, 0, 1), groups);
    }
    ConvKernels.Key key = ConvKernels.Key.of(plane, weight, window, bias != null);
    if (!OneDnn.own().convolutions.has(key)) {
      return Optional.empty();
    }
    FusedConv conv = new FusedConv(weight, key);
    return Optional.of(
        (bias == null ? conv.apply(plane, weight) : conv.apply(plane, weight, bias))[0]);
  }

  /** The form of {@link Tensor#linear} that is faster; empty where libtorch's is. */
  static Optional<Tensor> linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    DType type = Autocast.type(x.dtype());
    if (!isReadable(x, weight)
        || !isConvType(type, x)
        || (type == DType.BFLOAT16 && !widens(type))
        || (bias != null && (bias.dtype() != DType.FLOAT32 || !bias.isContiguous()))
        || !FusedLinear.has(x, weight)
        || !FusedLinear.pays(x, weight)) {
      return Optional.empty();
    }
    Tensor rows = x.to(type);
    ConvKernels.Key key = FusedLinear.key(rows, weight, bias != null);
    if (!OneDnn.own().convolutions.has(key)) {
      return Optional.empty();
    }
    FusedLinear linear = new FusedLinear(key);
    return Optional.of(
        (bias == null ? linear.apply(rows, weight) : linear.apply(rows, weight, bias))[0]);
  }

  /** Whether a convolution of all channels is in training, of what kernels read. */
  private static boolean isTrained(Tensor x, Tensor weight) {
    return isReadable(x, weight) && isMap(x, weight) && learns(x, weight);
  }

  /** Whether the kernels of layers with weights may be used. */
  private static boolean isReadable(Tensor x, Tensor weight) {
    return HERE.version.isPresent()
        && !OFF.get()
        && !wantsPlain(Scope.current().recorder)
        && x.device().kind() == Device.Kind.CPU
        && weight.dtype() == DType.FLOAT32
        && (weight.isContiguous() || weight.isChannelsLast()); // a cut-out has gaps
  }

  /** Whether x is a map of the weight's channels, stored channels-last. */
  private static boolean isMap(Tensor x, Tensor weight) {
    return x.handle().dim() == 4
        && x.dim(1) == weight.dim(1)
        && x.handle().is_contiguous(torch.MemoryFormat.ChannelsLast);
  }

  /** Whether gradients will come back to one of them. */
  private static boolean learns(Tensor x, Tensor weight) {
    return Autograd.isEnabled() && (x.requiresGrad() || weight.requiresGrad());
  }

  /** Whether maps of a type are multiplied in a wider one. */
  private static boolean widens(DType type) {
    return type == DType.BFLOAT16 && OneDnn.own().convolutions.widens();
  }

  /**
   * A convolution of all channels without bias.
   *
   * @param x [N, C, H, W]
   * @param weight [K, C, h, w]
   */
  public record Conv(Tensor x, Tensor weight, Window window) {}

  /**
   * {@code act(bn(conv(x)) + residual)} in training as one operator; empty where it cannot be had.
   * Results agree with those of the parts within the rounding of the type.
   *
   * @param residual of the result's sizes, added before the activation, or null
   * @param pass asked once, if the operator can be had
   */
  public static Optional<Tensor> convNorm(
      Conv conv,
      BatchNorm norm,
      @Nullable Tensor residual,
      Supplier<BatchNorm.Pass> pass,
      Nonlinearity activation) {
    return convNorm(conv, norm, residual, pass, activation, false).map(y -> y[0]);
  }

  /**
   * The two ways from a fork of which the first goes through a convolution and its norm, {@code
   * {act(bn(conv(x))), x}}, as one operator; empty where it cannot be had.
   *
   * @param pass asked once, if the operator can be had
   */
  public static Optional<Tensor[]> fork(
      Conv conv, BatchNorm norm, Supplier<BatchNorm.Pass> pass, Nonlinearity activation) {
    Tensor x = conv.x();
    return sums(x) && x.dtype() == Autocast.type(x.dtype())
        ? convNorm(conv, norm, null, pass, activation, true)
        : Optional.empty();
  }

  private static Optional<Tensor[]> convNorm(
      Conv conv,
      BatchNorm norm,
      @Nullable Tensor residual,
      Supplier<BatchNorm.Pass> pass,
      Nonlinearity activation,
      boolean forks) {
    boolean relu = activation == Nonlinearity.RELU;
    if (!(relu || activation == Nonlinearity.IDENTITY)
        || !isTrained(conv.x(), conv.weight())
        || !isPlain(norm)) {
      return Optional.empty();
    }
    DType type = Autocast.type(conv.x().dtype());
    if (!isConvType(type, conv.x()) || conv.window().sparse(conv.weight()) > 1) {
      return Optional.empty();
    }
    Tensor x = conv.x().to(type);
    Tensor weight = conv.weight();
    ConvKernels.Key key = ConvKernels.Key.of(x, weight, conv.window(), false);
    ConvForm form = key.form();
    if (form.pixels() < 2
        || (residual != null && !isPlane(residual, type, form.result()))
        || !OneDnn.own().convolutions.has(key)
        || (forks && !OneDnn.own().convolutions.hasOnto(key))) {
      return Optional.empty();
    }
    ProcessGroup group = BatchNorm.group();
    Function fused;
    if (group.size() == 1
        && type == DType.BFLOAT16
        && form.isPointwise()
        && FusedExpansion.pays(x, weight)
        && OneDnn.own().convolutions.isOnTiles(key)) {
      if (forks) {
        return Optional.empty();
      }
      fused = new FusedExpansion(norm, pass.get(), relu);
    } else if (Profiler.current() == null) { // who profiles wants to see the parts
      fused =
          new FusedConvNorm(
              key, new NormPass(norm, pass.get(), group, relu, residual != null), forks);
    } else {
      return Optional.empty();
    }
    return Optional.of(
        residual == null
            ? fused.apply(x, weight, norm.weight(), norm.bias())
            : fused.apply(x, weight, norm.weight(), norm.bias(), residual));
  }

  /** Whether kernels read a norm's own tensors. */
  private static boolean isPlain(BatchNorm norm) {
    return norm.weight().dtype() == DType.FLOAT32
        && norm.weight().isContiguous()
        && norm.bias().isContiguous();
  }

  /** Whether there are kernels for the type in which a convolution of x is to run. */
  private static boolean isConvType(DType type, Tensor x) {
    return type == DType.FLOAT32
        || (type == DType.BFLOAT16 && (x.dtype() != DType.BFLOAT16 || Autocast.isOn()));
  }

  /** The form of a pool in training by other kernels than libtorch's; empty where there is none. */
  static Optional<Tensor> pool(
      Tensor x, boolean max, int kernel, int stride, int padding, PoolRounding rounding) {
    if (HERE.version.isEmpty()
        || OFF.get()
        || wantsPlain(Scope.current().recorder)
        || !Autograd.isEnabled()
        || !x.requiresGrad()
        || !isPlane(x, x)
        || kernel <= padding) {
      return Optional.empty();
    }
    long height = rounding.windows(x.dim(2), kernel, stride, padding);
    long width = rounding.windows(x.dim(3), kernel, stride, padding);
    return height < 1 || width < 1 // libtorch says why
        ? Optional.empty()
        : Optional.of(
            new FusedPool(new PoolKernels.Form(max, kernel, stride, padding, height, width))
                .apply(x)[0]);
  }

  /** The form of {@link Tensor#subsample(int, int)} whose gradient stays channels-last. */
  static Optional<Tensor> subsample(Tensor x, int step, int zeros) {
    return OFF.get()
            || wantsPlain(Scope.current().recorder)
            || !Autograd.isEnabled()
            || !x.requiresGrad()
            || !isPlane(x, x)
        ? Optional.empty()
        : Optional.of(new Subsample(step, zeros).apply(x)[0]);
  }

  /** Whether a tensor is what the kernels read, and has sizes and type of another. */
  static boolean isPlane(Tensor t, Tensor like) {
    return isPlane(t, like.dtype(), like.shape());
  }

  private static boolean isPlane(Tensor t, DType wanted, Shape sizes) {
    DType type = t.dtype();
    return t.handle().dim() == 4
        && (type == DType.FLOAT32 || type == DType.BFLOAT16)
        && type == wanted
        && t.device().kind() == Device.Kind.CPU
        && t.shape().equals(sizes)
        && t.handle().is_contiguous(torch.MemoryFormat.ChannelsLast);
  }
}
