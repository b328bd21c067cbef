package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.data.Batch;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTrick;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Manifold mixup blends what a layer gives for each picture with what it gives for another one, and
 * their labels likewise; the layer is drawn for each batch.
 *
 * <pre>
 *   k ~ U(levels),   λ ~ Beta(α, α)
 *   h' = λ·h_k(x) + (1 − λ)·h_k(x)[partner],   y' = λ·y + (1 − λ)·y[partner]
 * </pre>
 *
 * <ul>
 *   <li>Paper: Verma et al., ICML 2019, arXiv:1806.05236, §2 and Figure 2.
 *   <li>Default: α = 2 on levels 0, 1 and 2, as the authors' code has it on CIFAR.
 *   <li>Differs: levels are those of {@link Classifier#levels}, of which the first is the stem; the
 *       authors count residual stages.
 *   <li>Cost: forward and backward of one blend of maps, no MACs. The loss must take soft targets.
 *   <li>Hurts: short runs and small nets, which underfit already. Card:
 *       docs/tricks/manifold_mixup.md.
 * </ul>
 *
 * @param alpha α of the Beta distribution, in (0, 10]
 * @param probability chance that a batch is mixed, in [0, 1]
 * @param levels where, among the pictures (0) and the levels of the network (1, 2, …)
 */
public record ManifoldMixup(
    @About("α of the Beta distribution of the share, in (0, 10]") double alpha,
    @About("chance that a batch is mixed, in [0, 1]") double probability,
    @About("where: 0 is the pictures, 1 and so on the levels of the network") List<Integer> levels)
    implements FeatureTrick<ManifoldMixup.Plan> {
  /** The authors' values for CIFAR. */
  public static final ManifoldMixup DEFAULT = new ManifoldMixup(2.0, 1.0, List.of(0, 1, 2));

  public ManifoldMixup {
    levels = List.copyOf(levels);
    Check.that(alpha > 0 && alpha <= 10, "manifold_mixup.alpha", alpha, "in (0, 10]");
    Check.that(
        probability >= 0 && probability <= 1,
        "manifold_mixup.probability",
        probability,
        "in [0, 1]");
    Levels.check(levels, 0, "manifold_mixup.levels");
  }

  /**
   * What will happen to one batch.
   *
   * @param place the module after which it is blended
   * @param partner whom each picture is blended with
   * @param lambda λ, what stays of each picture, in [0, 1]
   */
  public record Plan(String place, Permutation partner, double lambda) {}

  @Override
  public List<String> places(Classifier model) {
    return Levels.modules(levels, model, "manifold_mixup.levels");
  }

  @Override
  public Optional<Plan> draw(RandomState random, Batch batch, Map<String, Shape> maps) {
    if (!random.nextBoolean(probability)) {
      return Optional.empty();
    }
    List<String> places = maps.keySet().stream().sorted().toList();
    String place = places.get(random.nextInt(places.size()));
    double lambda = random.nextBeta(alpha, alpha);
    return Optional.of(new Plan(place, Permutation.random(random, batch.size()), lambda));
  }

  @Override
  public String place(Plan plan) {
    return plan.place();
  }

  @Override
  public Tensor features(Tensor features, Plan plan) {
    return Mixup.blend(features, plan.partner(), plan.lambda());
  }

  @Override
  public Tensor targets(Tensor targets, Plan plan) {
    return Mixup.blend(targets, plan.partner(), plan.lambda());
  }
}
