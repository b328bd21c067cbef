package dev.linnet.tricks;

import dev.linnet.base.Check;
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
 * Random erasing overwrites rectangles of some pictures.
 *
 * <pre>
 *   with probability p, for each of n ~ U{1 … count} rectangles:
 *   S ~ U(scale) · H·W / n,   ln r ~ U(ln ratio),   h = [√(S·r)],  w = [√(S/r)], rounded half to even
 *   if h &lt; H and w &lt; W: a place uniform within the picture; else drawn again, ten times at most
 * </pre>
 *
 * <ul>
 *   <li>Paper: Zhong et al., AAAI 2020, arXiv:1708.04896, Algorithm 1.
 *   <li>Default: timm's: p = 0.5, scale [0.02, 1/3], ratio [0.3, 1/0.3], filled with the mean. The
 *       paper has scale up to 0.4 and fills with random levels; torchvision has scale up to 0.33
 *       and ratio up to 3.3.
 *   <li>Differs: the paper draws r uniformly and not its logarithm.
 *   <li>Cost: one copy of the images a batch, no MACs.
 *   <li>Hurts: short runs; with CutMix it is one erasing too much. Card:
 *       docs/tricks/random_erasing.md.
 * </ul>
 *
 * @param probability chance that a picture is erased, in [0, 1]
 * @param scale erased share of the picture, from and to, in (0, 1]
 * @param ratio height by width of a rectangle, from and to, in [0.01, 100]
 * @param mode what the rectangle is filled with
 * @param count most rectangles of a picture, which share the area, in [1, 100]
 */
public record RandomErasing(
    @About("chance that a picture is erased, in [0, 1]") double probability,
    @About("erased share of the picture, from and to") List<Double> scale,
    @About("height by width of a rectangle, from and to") List<Double> ratio,
    @About("what fills it: the mean, a random color, or random pixels") Mode mode,
    @About("most rectangles of a picture, in [1, 100]") int count)
    implements BatchTrick<RandomErasing.Plan> {
  private static final int TRIES = 10;

  /** timm's values. */
  public static final RandomErasing DEFAULT =
      new RandomErasing(0.5, List.of(0.02, 1.0 / 3.0), List.of(0.3, 1.0 / 0.3), Mode.CONST, 1);

  /** What a rectangle is filled with, after the pictures were normalized. */
  public enum Mode {
    /** 0, which is the mean. */
    CONST,
    /** One normal number a channel. */
    RAND,
    /** One normal number a channel and pixel. */
    PIXEL
  }

  public RandomErasing {
    scale = List.copyOf(scale);
    ratio = List.copyOf(ratio);
    Check.that(
        probability >= 0 && probability <= 1,
        "random_erasing.probability",
        probability,
        "in [0, 1]");
    Check.that(
        isRange(scale, Double.MIN_VALUE, 1),
        "random_erasing.scale",
        scale,
        "two rising numbers in (0, 1], such as [0.02, 0.33]");
    Check.that(
        isRange(ratio, 0.01, 100),
        "random_erasing.ratio",
        ratio,
        "two rising numbers in [0.01, 100], such as [0.3, 3.3]");
    Check.that(count >= 1 && count <= 100, "random_erasing.count", count, "in [1, 100]");
  }

  /** This trick with another chance that a picture is erased. */
  public RandomErasing withProbability(double probability) {
    return new RandomErasing(probability, scale, ratio, mode, count);
  }

  private static boolean isRange(List<Double> range, double low, double high) {
    return range.size() == 2
        && range.get(0) >= low
        && range.get(0) <= range.get(1)
        && range.get(1) <= high;
  }

  /**
   * A rectangle.
   *
   * @param row of the picture in its batch
   * @param box in pixels
   */
  public record Erased(int row, Box box) {}

  /**
   * What will happen to one batch.
   *
   * @param erased the rectangles, in the order in which they are filled
   * @param fill where random colors and pixels come from; only streams below it are drawn from
   */
  public record Plan(List<Erased> erased, RandomState fill) {
    public Plan {
      erased = List.copyOf(erased);
    }
  }

  @Override
  public Optional<Plan> draw(RandomState random, Batch batch) {
    ImageSize size = batch.imageSize();
    List<Erased> erased = new ArrayList<>();
    for (int row = 0; row < batch.size(); row++) {
      if (random.nextBoolean(probability)) {
        int rectangles = 1 + random.nextInt(count);
        for (int i = 0; i < rectangles; i++) {
          int picture = row;
          place(random, size, rectangles).ifPresent(box -> erased.add(new Erased(picture, box)));
        }
      }
    }
    return erased.isEmpty() ? Optional.empty() : Optional.of(new Plan(erased, random.at(0)));
  }

  private Optional<Box> place(RandomState random, ImageSize size, int rectangles) {
    for (int i = 0; i < TRIES; i++) {
      Optional<ImageSize> sides = sides(size, rectangles, random.nextDouble(), random.nextDouble());
      if (sides.isPresent()) {
        int height = sides.get().height();
        int width = sides.get().width();
        int top = random.nextInt(size.height() - height + 1);
        int left = random.nextInt(size.width() - width + 1);
        return Optional.of(new Box(top, left, height, width));
      }
    }
    return Optional.empty();
  }

  /**
   * Height and width of a rectangle, or nothing where it does not fit or has no pixel.
   *
   * @param uArea in [0, 1], where in {@link #scale} its area is
   * @param uLogRatio in [0, 1], where in the logarithms of {@link #ratio} its shape is
   */
  Optional<ImageSize> sides(ImageSize size, int rectangles, double uArea, double uLogRatio) {
    double share = scale.get(0) + (scale.get(1) - scale.get(0)) * uArea;
    double area = share * size.area() / rectangles;
    double low = StrictMath.log(ratio.get(0));
    double high = StrictMath.log(ratio.get(1));
    double r = StrictMath.exp(low + (high - low) * uLogRatio);
    int height = (int) Math.rint(Math.sqrt(area * r));
    int width = (int) Math.rint(Math.sqrt(area / r));
    boolean fits = height >= 1 && width >= 1 && height < size.height() && width < size.width();
    return fits ? Optional.of(new ImageSize(height, width)) : Optional.empty();
  }

  /** Returns a new batch: images [N, C, H, W], the same targets. */
  @Override
  public Batch apply(Batch batch, Plan plan) {
    Tensor images = batch.images().copy();
    for (int i = 0; i < plan.erased().size(); i++) {
      Erased erased = plan.erased().get(i);
      fill(images.select(0, erased.row()).crop(erased.box()), plan.fill().at(i));
    }
    return batch.with(images, batch.targets());
  }

  /** Fills [C, h, w] in place. */
  private void fill(Tensor part, RandomState random) {
    switch (mode) {
      case CONST -> part.zero();
      case RAND -> part.set(normal(part, random, part.dim(0), 1, 1));
      case PIXEL -> part.set(normal(part, random, part.dim(0), part.dim(1), part.dim(2)));
    }
  }

  private static Tensor normal(Tensor part, RandomState random, long... shape) {
    return Tensor.normal(0, 1, random, part.dtype(), shape).to(part.device());
  }
}
