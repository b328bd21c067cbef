package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.data.Batch;
import dev.linnet.image.ImageSize;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.BatchTrick;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * CutMix pastes a box of one picture into another and mixes the two labels by area.
 *
 * <pre>
 *   λ ~ Beta(α, α); a box of sides ⌊√(1−λ)·H⌋ and ⌊√(1−λ)·W⌋, center uniform, clipped at the border
 *   x' = x outside the box, x[partner] inside;     λ' = 1 − area of the clipped box / (H·W)
 *   y' = λ'·y + (1 − λ')·y[partner]
 * </pre>
 *
 * <p>With three or four images so many boxes less one, each with a λ, a center and a partner of its
 * own, are pasted one after the other; each label counts by the pixels that are seen at the end.
 *
 * <ul>
 *   <li>Paper: Yun et al., ICCV 2019, arXiv:1905.04899, Algorithm A1.
 *   <li>Default: α = 1; the authors mix every batch on ImageNet, half of them on CIFAR.
 *   <li>Differs: the box is timm's, whose odd sides keep their length; the authors' code and
 *       torchvision make them one shorter. Partners are a random permutation as in the authors'
 *       code. The paper has two images only.
 *   <li>Cost: one copy of the images a batch, no MACs. The loss must take soft targets.
 *   <li>Hurts: short runs and small nets, which underfit already. Card: docs/tricks/cutmix.md.
 * </ul>
 *
 * @param alpha α of the Beta distribution, in (0, 10]
 * @param probability chance that a batch is mixed, in [0, 1]
 * @param images pictures that one is made of, 2, 3 or 4
 * @param switchProb where mixup is on too, the chance that a batch gets CutMix and not mixup, in
 *     [0, 1]
 */
public record CutMix(
    @About("α of the Beta distribution of the share, in (0, 10]") double alpha,
    @About("chance that a batch is mixed, in [0, 1]") double probability,
    @About("pictures that one is made of: 2, 3 or 4") int images,
    @About("where mixup is on too, the chance of CutMix, in [0, 1]") double switchProb)
    implements BatchTrick<CutMix.Plan> {
  /** The paper's values for ImageNet, and timm's chance where mixup is on too. */
  public static final CutMix DEFAULT = new CutMix(1.0, 1.0, 2, 0.5);

  public CutMix {
    Check.that(alpha > 0 && alpha <= 10, "cutmix.alpha", alpha, "in (0, 10]");
    Check.that(
        probability >= 0 && probability <= 1, "cutmix.probability", probability, "in [0, 1]");
    Check.that(images >= 2 && images <= 4, "cutmix.images", images, "2, 3 or 4");
    Check.that(switchProb >= 0 && switchProb <= 1, "cutmix.switch_prob", switchProb, "in [0, 1]");
  }

  /**
   * A box that is pasted.
   *
   * @param partner whose box each picture gets
   * @param box where, in pixels
   */
  public record Paste(Permutation partner, Box box) {}

  /**
   * What will happen to one batch.
   *
   * @param pastes one after the other
   */
  public record Plan(List<Paste> pastes) {
    public Plan {
      pastes = List.copyOf(pastes);
    }

    /** The plan of one box. */
    public static Plan of(Permutation partner, Box box) {
      return new Plan(List.of(new Paste(partner, box)));
    }
  }

  /**
   * @throws LinnetException if the pictures have one pixel, of which no box can be cut
   */
  @Override
  public Optional<Plan> draw(RandomState random, Batch batch) {
    ImageSize size = batch.imageSize();
    if (size.area() < 2) {
      throw new LinnetException(
          "cutmix: got pictures of "
              + size.height()
              + "×"
              + size.width()
              + " pixels; must have at least two pixels, or no box can be cut out of them; choose"
              + " a larger --size");
    }
    if (!random.nextBoolean(probability)) {
      return Optional.empty();
    }
    List<Paste> pastes = new ArrayList<>();
    for (int i = 1; i < images; i++) {
      double lambda = random.nextBeta(alpha, alpha);
      Box box = box(size, lambda, random.nextInt(size.height()), random.nextInt(size.width()));
      pastes.add(new Paste(Permutation.random(random, batch.size()), box));
    }
    return Optional.of(new Plan(pastes));
  }

  /** Returns a new batch: images [N, C, H, W], targets [N, K] whose rows still sum to 1. */
  @Override
  public Batch apply(Batch batch, Plan plan) {
    return batch.with(
        pasted(batch.images(), plan), mixed(batch.softTargets(), plan, batch.imageSize()));
  }

  /**
   * The box that is cut, before it is known from whom.
   *
   * @param lambda λ, about what stays, in [0, 1]
   * @param cy row of its center
   * @param cx column of its center
   */
  static Box box(ImageSize size, double lambda, int cy, int cx) {
    double share = Math.sqrt(1 - lambda);
    int height = (int) (size.height() * share);
    int width = (int) (size.width() * share);
    int top = Math.max(0, cy - height / 2);
    int left = Math.max(0, cx - width / 2);
    int bottom = Math.min(size.height(), cy + (height + 1) / 2);
    int right = Math.min(size.width(), cx + (width + 1) / 2);
    return new Box(top, left, bottom - top, right - left);
  }

  /** A copy of [N, C, H, W] with the boxes of the partners. */
  static Tensor pasted(Tensor x, Plan plan) {
    Tensor y = x.copy();
    for (Paste paste : plan.pastes()) {
      Tensor theirs = x.crop(paste.box()).rows(paste.partner().indices(x.device()));
      y.crop(paste.box()).set(theirs);
    }
    return y;
  }

  /** Targets [N, K], each by the share of its picture that is seen. */
  static Tensor mixed(Tensor targets, Plan plan, ImageSize size) {
    long[] seen = seen(plan, size);
    double area = size.area();
    long left = size.area();
    for (long pixels : seen) {
      left -= pixels;
    }
    Tensor y = targets.mul(left / area);
    for (int i = 0; i < seen.length; i++) {
      Permutation partner = plan.pastes().get(i).partner();
      y.addInPlace(targets.rows(partner.indices(targets.device())), seen[i] / area);
    }
    return y;
  }

  /** Pixels of each box that no later one covers. */
  static long[] seen(Plan plan, ImageSize size) {
    int last = plan.pastes().size() - 1;
    long[] seen = new long[last + 1];
    if (last == 0) {
      seen[0] = plan.pastes().get(0).box().area();
      return seen;
    }
    for (int y = 0; y < size.height(); y++) {
      for (int x = 0; x < size.width(); x++) {
        int top = last;
        while (top >= 0 && !holds(plan.pastes().get(top).box(), y, x)) {
          top--;
        }
        if (top >= 0) {
          seen[top]++;
        }
      }
    }
    return seen;
  }

  private static boolean holds(Box box, int y, int x) {
    return y >= box.top()
        && y < box.top() + box.height()
        && x >= box.left()
        && x < box.left() + box.width();
  }
}
