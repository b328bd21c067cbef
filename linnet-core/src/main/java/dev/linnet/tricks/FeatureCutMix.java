package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.data.Batch;
import dev.linnet.image.ImageSize;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTrick;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * CutMix on features: pastes a box of one picture's maps into another's and mixes the two labels by
 * area; the layer is drawn for each batch.
 *
 * <pre>
 *   k ~ U(levels); λ and the box as in CutMix, on the H_k × W_k places of the maps
 *   h' = h_k(x) outside the box, h_k(x)[partner] inside;     λ' = 1 − area of the box / (H_k·W_k)
 *   y' = λ'·y + (1 − λ')·y[partner]
 * </pre>
 *
 * <ul>
 *   <li>Paper: Yun et al., ICCV 2019, arXiv:1905.04899, §4.1.2 ("feature-level CutMix").
 *   <li>Default: α = 1 on levels 1 and 2, every batch.
 *   <li>Cost: forward and backward of one copy of maps, no MACs. The loss must take soft targets.
 *   <li>Hurts: short runs; the paper finds it weaker than CutMix of pictures. Card:
 *       docs/tricks/feature_cutmix.md.
 * </ul>
 *
 * @param alpha α of the Beta distribution, in (0, 10]
 * @param probability chance that a batch is mixed, in [0, 1]
 * @param levels where, among the levels of the network (1, 2, …)
 */
public record FeatureCutMix(
    @About("α of the Beta distribution of the share, in (0, 10]") double alpha,
    @About("chance that a batch is mixed, in [0, 1]") double probability,
    @About("where: 1 and so on, the levels of the network") List<Integer> levels)
    implements FeatureTrick<FeatureCutMix.Plan> {
  /** The values of CutMix, early in the network. */
  public static final FeatureCutMix DEFAULT = new FeatureCutMix(1.0, 1.0, List.of(1, 2));

  public FeatureCutMix {
    levels = List.copyOf(levels);
    Check.that(alpha > 0 && alpha <= 10, "feature_cutmix.alpha", alpha, "in (0, 10]");
    Check.that(
        probability >= 0 && probability <= 1,
        "feature_cutmix.probability",
        probability,
        "in [0, 1]");
    Levels.check(levels, 1, "feature_cutmix.levels");
  }

  /**
   * What will happen to one batch.
   *
   * @param place the module after which the box is pasted
   * @param maps height and width of its maps
   * @param paste what is pasted, in places of the maps
   */
  public record Plan(String place, ImageSize maps, CutMix.Paste paste) {
    private CutMix.Plan pastes() {
      return new CutMix.Plan(List.of(paste));
    }
  }

  @Override
  public List<String> places(Classifier model) {
    return Levels.modules(levels, model, "feature_cutmix.levels");
  }

  /**
   * @throws LinnetException if maps have one place, of which no box can be cut, or are no maps
   */
  @Override
  public Optional<Plan> draw(RandomState random, Batch batch, Map<String, Shape> maps) {
    maps.forEach(FeatureCutMix::check);
    if (!random.nextBoolean(probability)) {
      return Optional.empty();
    }
    List<String> places = maps.keySet().stream().sorted().toList();
    String place = places.get(random.nextInt(places.size()));
    Shape shape = maps.getOrDefault(place, Shape.of());
    ImageSize size = new ImageSize((int) shape.dim(2), (int) shape.dim(3));
    double lambda = random.nextBeta(alpha, alpha);
    Box box = CutMix.box(size, lambda, random.nextInt(size.height()), random.nextInt(size.width()));
    Permutation partner = Permutation.random(random, batch.size());
    return Optional.of(new Plan(place, size, new CutMix.Paste(partner, box)));
  }

  private static void check(String place, Shape maps) {
    if (maps.rank() != 4 || maps.dim(2) * maps.dim(3) < 2) {
      throw new LinnetException(
          "feature_cutmix.levels: "
              + place
              + " puts out "
              + maps
              + "; must be maps [N, C, H, W] of two places or more, or no box can be cut out of"
              + " them; choose other levels, or larger pictures");
    }
  }

  @Override
  public String place(Plan plan) {
    return plan.place();
  }

  /**
   * A copy of [N, C, H, W] with the box of the partners. Channels-last maps are cut as [N, H, W,
   * C], so that the gradients of the cut are laid out likewise: bench trick took 35 ms at least,
   * not 102.
   */
  @Override
  public Tensor features(Tensor features, Plan plan) {
    if (!features.isChannelsLast()) {
      return CutMix.pasted(features, plan.pastes());
    }
    Tensor pixels = features.permute(0, 2, 3, 1);
    Tensor partner = plan.paste().partner().indices(features.device());
    Tensor pasted = pixels.copy();
    cut(pasted, plan).set(cut(pixels, plan).rows(partner));
    return pasted.permute(0, 3, 1, 2);
  }

  private static Tensor cut(Tensor pixels, Plan plan) {
    Box box = plan.paste().box();
    return pixels.narrow(1, box.top(), box.height()).narrow(2, box.left(), box.width());
  }

  @Override
  public Tensor targets(Tensor targets, Plan plan) {
    return CutMix.mixed(targets, plan.pastes(), plan.maps());
  }
}
