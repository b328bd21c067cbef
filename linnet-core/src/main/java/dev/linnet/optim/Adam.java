package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.List;

/**
 * Adam: steps of about η, whatever the gradient's scale.
 *
 * <pre>
 *   g ← g + λθ
 *   m = β₁m + (1 − β₁)g      v = β₂v + (1 − β₂)g²
 *   θ ← θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)        AMSGrad: the largest v so far
 * </pre>
 *
 * <p>Kingma and Ba, ICLR 2015, arXiv:1412.6980, Algorithm 1; AMSGrad: Reddi et al., ICLR 2018,
 * arXiv:1904.09237. λθ is in the gradient, where v divides it again: {@link AdamW} has it apart. t
 * counts the updates of each parameter, in fp32: exact up to 16 million.
 */
public final class Adam extends Optimizer {

  /**
   * The numbers.
   *
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param eps ε in (0, 1)
   * @param amsgrad whether v never shrinks; one more copy of the weights
   */
  public record Config(double beta1, double beta2, double eps, boolean amsgrad)
      implements Optimizer.Config {
    /** Of the paper and of PyTorch. */
    public static final Config DEFAULT = new Config(0.9, 0.999, 1e-8, false);

    public Config {
      Check.that(beta1 >= 0 && beta1 < 1, "optimizer.beta1", beta1, "in [0, 1)");
      Check.that(beta2 >= 0 && beta2 < 1, "optimizer.beta2", beta2, "in [0, 1)");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
    }

    @Override
    public Adam over(List<ParameterGroup> groups) {
      return new Adam(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return true;
    }

    private List<Memory> memories() {
      List<Memory> memories = new ArrayList<>();
      memories.add(Memory.likeParameter("adam.m"));
      memories.add(Memory.likeParameter("adam.v"));
      memories.add(Memory.scalar("adam.step"));
      if (amsgrad) {
        memories.add(Memory.likeParameter("adam.max_v"));
      }
      return memories;
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public Adam(List<ParameterGroup> groups, Config config) {
    super("adam", config.memories(), groups);
    this.config = config;
  }

  @Override
  void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    TensorList maxima = config.amsgrad() ? batch.memory(3) : TensorList.EMPTY;
    Foreach.add(batch.memory(2), 1);
    try (TensorList list = TensorList.of(gradients)) {
      Foreach.adam(
          batch.parameters(),
          list,
          new Foreach.AdamState(batch.memory(0), batch.memory(1), maxima, batch.memory(2)),
          new Foreach.AdamStep(
              lr,
              momentum(config.beta1()),
              config.beta2(),
              config.eps(),
              weightDecay,
              Foreach.AdamDecay.IN_GRADIENT));
    }
  }
}
