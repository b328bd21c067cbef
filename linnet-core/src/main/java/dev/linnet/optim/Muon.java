package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Muon: the averaged gradient of a matrix, with all its singular values made about 1.
 *
 * <pre>
 *   m = μm + (1 − μ)g      x = (1 − μ)g + μm, or m without Nesterov
 *   x ← x/‖x‖, transposed where it has more rows than columns; five times
 *       A = x·xᵀ,   x ← 3.4445·x + (−4.775·A + 2.0315·A²)·x
 *   θ ← θ(1 − ηλ)
 *   θ ← θ − η·√max(1, rows/columns)·x,   or η·0.2·√max(rows, columns)·x
 * </pre>
 *
 * <p>Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, as {@code
 * torch.optim.Muon}: m is a moving average. Everything that is no matrix, and the matrices that are
 * excepted, get {@link AdamW} with the same decay.
 *
 * <p>A convolution [O, I, h, w] is a matrix O × I·h·w to its input patches, but its rows repeat at
 * every place, and the iteration costs as much as a training step on a few pictures: so {@link
 * Config#convolutions} has to be asked for. Without them a convolutional network has hardly a
 * matrix.
 */
public final class Muon extends Optimizer {
  private static final int ITERATIONS = 5;
  private static final double EPS = 1e-7;

  /** How the step depends on the matrix. */
  public enum Scaling {
    /** √max(1, rows/columns): Jordan's. */
    ORIGINAL,
    /**
     * 0.2·√max(rows, columns), so that steps are as long as AdamW's and take its rate and decay:
     * Liu et al., arXiv:2502.16982, §2.2.
     */
    MATCH_RMS_ADAMW
  }

  /**
   * The numbers.
   *
   * @param momentum μ in [0, 1)
   * @param nesterov whether the gradient counts once more
   * @param convolutions whether convolutions are matrices too
   * @param scaling how the step depends on the matrix
   * @param iteration type of the iteration: bf16 as in PyTorch, or fp32; finer parameters are
   *     iterated in their own
   * @param rest the numbers for all other parameters
   * @param restLrScale multiplies their learning rate, at least 0
   * @param except names of modules whose matrices belong to the rest, such as the head
   */
  public record Config(
      double momentum,
      boolean nesterov,
      boolean convolutions,
      Scaling scaling,
      DType iteration,
      AdamW.Config rest,
      double restLrScale,
      Set<String> except)
      implements Optimizer.Config {
    /** PyTorch's, with the scaling that lets one learning rate fit the matrices and the rest. */
    public static final Config DEFAULT =
        new Config(
            0.95,
            true,
            false,
            Scaling.MATCH_RMS_ADAMW,
            DType.BFLOAT16,
            AdamW.Config.DEFAULT,
            1,
            Set.of());

    public Config {
      Check.that(momentum >= 0 && momentum < 1, "optimizer.momentum", momentum, "in [0, 1)");
      Check.that(
          iteration == DType.BFLOAT16 || iteration == DType.FLOAT32,
          "optimizer.iteration",
          iteration,
          "bf16 or fp32");
      Check.that(
          restLrScale >= 0 && restLrScale < Double.POSITIVE_INFINITY,
          "optimizer.rest_lr_scale",
          restLrScale,
          "a number of at least 0");
      except = Set.copyOf(except);
    }

    @Override
    public Muon over(List<ParameterGroup> groups) {
      return new Muon(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return true;
    }

    private boolean isMatrix(String name, Parameter parameter) {
      int rank = parameter.shape().rank();
      return (rank == 2 || (convolutions && rank == 4))
          && except.stream().noneMatch(module -> name.startsWith(module + "."));
    }
  }

  private final Config config;
  private final Set<Parameter> matrices = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * An optimizer of these parameters.
   *
   * @throws LinnetException if none of them is a matrix
   */
  public Muon(List<ParameterGroup> groups, Config config) {
    super(
        "muon",
        List.of(
            Memory.likeParameter("muon.momentum"),
            Memory.likeParameter("adam.m"),
            Memory.likeParameter("adam.v"),
            Memory.scalar("adam.step")),
        split(groups, config));
    this.config = config;
    for (ParameterGroup group : groups) {
      group
          .parameters()
          .forEach(
              (name, p) -> {
                if (config.isMatrix(name, p)) {
                  matrices.add(p);
                }
              });
    }
    if (matrices.isEmpty()) {
      throw new LinnetException(
          "optimizer: muon updates matrices, and this network has none beside its head; set"
              + " optimizer.convolutions: true, or choose another optimizer");
    }
  }

  /** Groups of matrices only and of others only. */
  private static List<ParameterGroup> split(List<ParameterGroup> groups, Config config) {
    List<ParameterGroup> split = new ArrayList<>();
    for (ParameterGroup group : groups) {
      Map<String, Parameter> matrices = new LinkedHashMap<>();
      Map<String, Parameter> rest = new LinkedHashMap<>();
      group
          .parameters()
          .forEach((name, p) -> (config.isMatrix(name, p) ? matrices : rest).put(name, p));
      if (!matrices.isEmpty()) {
        split.add(new ParameterGroup(matrices, group.weightDecay(), group.lrScale()));
      }
      if (!rest.isEmpty()) {
        split.add(
            new ParameterGroup(rest, group.weightDecay(), group.lrScale() * config.restLrScale()));
      }
    }
    return split;
  }

  @Override
  Predicate<Parameter> remembers(Memory memory) {
    return memory.prefix().startsWith("muon.")
        ? matrices::contains
        : parameter -> !matrices.contains(parameter);
  }

  @Override
  void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    try (TensorList list = TensorList.of(gradients)) {
      TensorList momenta = batch.memory(0);
      if (momenta.tensors().isEmpty()) {
        AdamW.Config adam = config.rest().withBeta1(momentum(config.rest().beta1()));
        AdamW.update(adam, batch.parameters(), list, batch.adamState(1), lr, weightDecay);
        return;
      }
      Foreach.lerp(momenta, list, 1 - momentum(config.momentum()));
      if (weightDecay != 0) {
        Foreach.mul(batch.parameters(), 1 - lr * weightDecay);
      }
      for (int i = 0; i < gradients.size(); i++) {
        step(batch.parameters().tensors().get(i), gradients.get(i), momenta.tensors().get(i), lr);
      }
    }
  }

  /** The step of one matrix; no list operation multiplies matrices of several shapes. */
  private void step(Tensor theta, Tensor g, Tensor m, double lr) {
    Tensor x = config.nesterov() ? g.lerp(m, momentum(config.momentum())) : m;
    Tensor matrix = x.flatten(1);
    double rows = matrix.dim(0);
    double columns = matrix.dim(1);
    double scale =
        switch (config.scaling()) {
          case ORIGINAL -> Math.sqrt(Math.max(1, rows / columns));
          case MATCH_RMS_ADAMW -> 0.2 * Math.sqrt(Math.max(rows, columns));
        };
    boolean tall = rows > columns;
    Tensor even = orthogonal(tall ? matrix.transpose(0, 1) : matrix);
    Tensor step = (tall ? even.transpose(0, 1) : even).reshape(theta.shape().toArray());
    theta.addInPlace(step.to(theta.dtype()), -lr * scale);
  }

  /** Five steps of the iteration of Newton and Schulz, of a matrix that is not tall. */
  private Tensor orthogonal(Tensor matrix) {
    boolean fine = matrix.dtype() == DType.FLOAT64;
    Tensor x = fine && config.iteration() == DType.FLOAT32 ? matrix : matrix.to(config.iteration());
    x = x.div(x.norm().clamp(EPS, Double.POSITIVE_INFINITY));
    for (int i = 0; i < ITERATIONS; i++) {
      Tensor a = x.matmul(x.transpose(0, 1));
      Tensor b = a.addMatmul(a, a, -4.7750, 2.0315);
      x = x.addMatmul(b, x, 3.4445, 1);
    }
    return x;
  }
}
