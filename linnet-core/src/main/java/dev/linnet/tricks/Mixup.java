package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.data.Batch;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.BatchTrick;
import java.util.Optional;

/**
 * Mixup blends each picture with another of its batch, and their labels likewise.
 *
 * <pre>
 *   λ ~ Beta(α, α), once a batch
 *   x' = λ·x + (1 − λ)·x[partner]
 *   y' = λ·y + (1 − λ)·y[partner]
 * </pre>
 *
 * <ul>
 *   <li>Paper: Zhang et al., ICLR 2018, arXiv:1710.09412, equations 1 and Figure 1.
 *   <li>Default: α = 0.2, every batch, as on ImageNet; the paper has 1 on CIFAR.
 *   <li>Differs: partners are a random permutation as in the authors' code; timm takes the batch
 *       reversed, torchvision rolled by one. Where CutMix is on too, each batch gets one of them.
 *   <li>Cost: two passes over the images a batch, no MACs. The loss must take soft targets.
 *   <li>Hurts: short runs and small nets, which underfit already. Card: docs/tricks/mixup.md.
 * </ul>
 *
 * @param alpha α of the Beta distribution, in (0, 10]
 * @param probability chance that a batch is mixed, in [0, 1]
 */
public record Mixup(
    @About("α of the Beta distribution of the share, in (0, 10]") double alpha,
    @About("chance that a batch is mixed, in [0, 1]") double probability)
    implements BatchTrick<Mixup.Plan> {
  /** The paper's values for ImageNet. */
  public static final Mixup DEFAULT = new Mixup(0.2, 1.0);

  public Mixup {
    Check.that(alpha > 0 && alpha <= 10, "mixup.alpha", alpha, "in (0, 10]");
    Check.that(probability >= 0 && probability <= 1, "mixup.probability", probability, "in [0, 1]");
  }

  /**
   * What will happen to one batch.
   *
   * @param partner whom each picture is blended with
   * @param lambda λ, what stays of each picture, in [0, 1]
   */
  public record Plan(Permutation partner, double lambda) {}

  @Override
  public Optional<Plan> draw(RandomState random, Batch batch) {
    if (!random.nextBoolean(probability)) {
      return Optional.empty();
    }
    double lambda = random.nextBeta(alpha, alpha);
    return Optional.of(new Plan(Permutation.random(random, batch.size()), lambda));
  }

  /** Returns a new batch: images [N, C, H, W], targets [N, K] whose rows still sum to 1. */
  @Override
  public Batch apply(Batch batch, Plan plan) {
    return batch.with(
        blend(batch.images(), plan.partner(), plan.lambda()),
        blend(batch.softTargets(), plan.partner(), plan.lambda()));
  }

  /** λ·x + (1 − λ)·x[partner], row by row. */
  static Tensor blend(Tensor x, Permutation partner, double lambda) {
    return x.lerp(x.rows(partner.indices(x.device())), 1 - lambda);
  }
}
