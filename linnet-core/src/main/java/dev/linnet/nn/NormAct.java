package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.tensor.BatchNorm;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Profiler;
import dev.linnet.tensor.Tensor;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Batch norm, an optional residual add, and an activation as one layer: {@code act(bn(x) + r)}.
 *
 * <p>Ioffe and Szegedy, ICML 2015, arXiv:1502.03167. Parameter names are PyTorch's BatchNorm2d's.
 * Every family uses it wherever its figure has norm → activation or norm → add → activation, so
 * that one fused kernel serves the whole zoo.
 */
public final class NormAct extends Module {

  /**
   * The description of the layer.
   *
   * @param channels C, at least 1
   * @param activation what follows the norm
   * @param eps added to the variance
   * @param momentum share of a batch in the running statistics
   * @param gammaStart how γ starts
   * @param betaStart how β starts
   */
  public record Spec(
      int channels,
      Nonlinearity activation,
      double eps,
      double momentum,
      Initializer gammaStart,
      Initializer betaStart)
      implements Layer<NormAct> {
    public Spec {
      Check.that(channels >= 1, "channels", channels, "at least 1");
      Check.that(eps > 0, "eps", eps, "above 0");
      Check.that(momentum >= 0 && momentum <= 1, "momentum", momentum, "in [0, 1]");
    }

    /** Another ε, such as TensorFlow's 1e-3. */
    public Spec withEps(double value) {
      return new Spec(channels, activation, value, momentum, gammaStart, betaStart);
    }

    /** Another share of a batch in the running statistics. */
    public Spec withMomentum(double value) {
      return new Spec(channels, activation, eps, value, gammaStart, betaStart);
    }

    /** γ starts at 0, so that a residual branch that ends here starts as the identity. */
    public Spec withZeroGamma() {
      return withStart(Initializer.ZEROS, betaStart);
    }

    /** Other first values. */
    public Spec withStart(Initializer gamma, Initializer beta) {
      return new Spec(channels, activation, eps, momentum, gamma, beta);
    }

    @Override
    public NormAct build() {
      return new NormAct(this);
    }
  }

  private final Spec spec;
  private final Parameter weight;
  private final Parameter bias;
  private final Parameter runningMean;
  private final Parameter runningVar;
  private final Parameter batches;
  private boolean estimating;
  private long estimated;

  private NormAct(Spec spec) {
    this.spec = spec;
    weight = parameter("weight", spec.gammaStart(), spec.channels());
    bias = parameter("bias", spec.betaStart(), spec.channels());
    runningMean = buffer("running_mean", DType.FLOAT32, Initializer.ZEROS, spec.channels());
    runningVar = buffer("running_var", DType.FLOAT32, Initializer.ONES, spec.channels());
    batches = buffer("num_batches_tracked", DType.INT64, Initializer.ZEROS);
  }

  /** PyTorch's defaults: ε 1e-5, momentum 0.1, γ = 1. */
  public static Spec of(int channels, Nonlinearity activation) {
    return new Spec(channels, activation, 1e-5, 0.1, Initializer.ONES, Initializer.ZEROS);
  }

  /** γ [C]; setting it to 0 lets a residual branch start as the identity. */
  public Parameter weight() {
    return weight;
  }

  /**
   * Forgets the running statistics; until {@link #endEstimate} they are plain means over the
   * batches of the forward passes in training mode.
   */
  public void beginEstimate() {
    estimating = true;
    estimated = 0;
    runningMean.value().zero();
    runningVar.value().fill(1);
    batches.value().zero();
  }

  /** From now on the running statistics move by the share that the layer was made with. */
  public void endEstimate() {
    estimating = false;
  }

  /** γ / √(σ² + ε) [C]: in evaluation the norm is {@code scale · x + shift}. */
  public Tensor scale() {
    return weight.value().div(runningVar.value().add(spec.eps()).sqrt());
  }

  /** β − μ · {@link #scale} [C]. */
  public Tensor shift() {
    return bias.value().sub(runningMean.value().mul(scale()));
  }

  /**
   * act(bn(x)) of [N, C, H, W].
   *
   * @throws LinnetException in training, if N · H · W is 1
   */
  @Override
  protected Tensor compute(Tensor x) {
    return apply(x, null);
  }

  /** act(bn(x) + residual) of [N, C, H, W]. */
  public Tensor forward(Tensor x, Tensor residual) {
    return Taps.seen(this, Profiler.within(this, () -> apply(x, residual)));
  }

  /** act(dropPath(bn(x)) + residual) of [N, C, H, W]. */
  public Tensor forward(Tensor x, Tensor residual, DropPath dropPath) {
    if (!dropPath.isActive()) {
      return forward(x, residual);
    }
    return Taps.seen(
        this,
        Profiler.within(
            this,
            () -> {
              Tensor branch = apply(x, null, Nonlinearity.IDENTITY);
              return spec.activation().apply(dropPath.forward(branch).add(residual));
            }));
  }

  /** act(dropBlock(bn(x))) of [N, C, H, W]. */
  public Tensor forward(Tensor x, DropBlock dropBlock) {
    if (!dropBlock.isActive()) {
      return forward(x);
    }
    return Taps.seen(
        this,
        Profiler.within(
            this,
            () -> {
              Tensor norm = apply(x, null, Nonlinearity.IDENTITY);
              return spec.activation().apply(dropBlock.forward(norm));
            }));
  }

  /** act(bn(conv(x))) of [N, C, H, W]; what changes by knowing the convolution is the speed. */
  public Tensor forward(Conv2d conv, Tensor x) {
    return fused(conv, x, null).orElseGet(() -> forward(conv.forward(x)));
  }

  /** act(dropPath(bn(conv(x))) + residual) of [N, C, H, W], likewise. */
  public Tensor forward(Conv2d conv, Tensor x, Tensor residual, DropPath dropPath) {
    return (dropPath.isActive() ? Optional.<Tensor>empty() : fused(conv, x, residual))
        .orElseGet(() -> forward(conv.forward(x), residual, dropPath));
  }

  /** act(dropBlock(bn(conv(x)))) of [N, C, H, W], likewise. */
  public Tensor forward(Conv2d conv, Tensor x, DropBlock dropBlock) {
    return dropBlock.isActive() ? forward(conv.forward(x), dropBlock) : forward(conv, x);
  }

  /**
   * The two ways of a {@linkplain Fusion#fork fork} of which the first goes through a convolution:
   * {@code {act(bn(conv(x))), x}}; what changes by knowing that is the speed.
   */
  public Tensor[] fork(Conv2d conv, Tensor x) {
    return call(conv, x)
        .flatMap(
            call ->
                Profiler.within(
                    this, () -> Fusion.fork(call, norm(), this::begin, spec.activation())))
        .map(ways -> new Tensor[] {Taps.seen(this, ways[0]), ways[1]})
        .orElseGet(() -> forked(x, way -> forward(conv, way)));
  }

  /** {@code {act(dropBlock(bn(conv(x)))), x}}, likewise. */
  public Tensor[] fork(Conv2d conv, Tensor x, DropBlock dropBlock) {
    return dropBlock.isActive() ? forked(x, way -> forward(conv, way, dropBlock)) : fork(conv, x);
  }

  private static Tensor[] forked(Tensor x, UnaryOperator<Tensor> work) {
    Tensor[] ways = Fusion.fork(x);
    return new Tensor[] {work.apply(ways[0]), ways[1]};
  }

  /** Both as one, where nobody looks at what is between. */
  private Optional<Tensor> fused(Conv2d conv, Tensor x, @Nullable Tensor residual) {
    return call(conv, x)
        .flatMap(
            call ->
                Profiler.within(
                    this,
                    () -> Fusion.convNorm(call, norm(), residual, this::begin, spec.activation())))
        .map(y -> Taps.seen(this, y));
  }

  /** A convolution in training that nobody looks at. */
  private Optional<Fusion.Conv> call(Conv2d conv, Tensor x) {
    return isTraining() && conv.isPlain() ? conv.of(x) : Optional.empty();
  }

  private Tensor apply(Tensor x, @Nullable Tensor residual) {
    return apply(x, residual, spec.activation());
  }

  private Tensor apply(Tensor x, @Nullable Tensor residual, Nonlinearity activation) {
    if (isTraining()) {
      checkVaries(x);
    }
    return norm().apply(x, residual, begin(), activation);
  }

  private BatchNorm norm() {
    return new BatchNorm(weight.value(), bias.value(), runningMean.value(), runningVar.value());
  }

  /** Counts a batch of training. */
  private BatchNorm.Pass begin() {
    double momentum = spec.momentum();
    if (isTraining()) {
      batches.value().addInPlace(1);
      momentum = estimating ? 1.0 / ++estimated : momentum;
    }
    return new BatchNorm.Pass(isTraining(), momentum, spec.eps());
  }

  /** One value has no variance: it would make the running one NaN, and with it all predictions. */
  private void checkVaries(Tensor x) {
    if (x.count() == x.dim(1)) {
      throw new LinnetException(
          "batch norm: got one value for each of "
              + spec.channels()
              + " channels ("
              + x.shape()
              + "); training needs two or more; use a larger batch, or larger pictures");
    }
  }
}
