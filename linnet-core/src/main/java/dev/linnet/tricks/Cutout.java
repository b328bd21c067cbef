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
 * Cutout erases one square of each picture, which may reach over the border.
 *
 * <pre>
 *   center (cy, cx) uniform over the pixels
 *   x[cy − ⌊L/2⌋ : cy + ⌊L/2⌋, cx − ⌊L/2⌋ : cx + ⌊L/2⌋] = 0, the mean of the data
 * </pre>
 *
 * <ul>
 *   <li>Paper: DeVries and Taylor, 2017, arXiv:1708.04552, §3.2.
 *   <li>Default: L = 16 of 32 pixels, the paper's for CIFAR-10; 8 for CIFAR-100, 20 for SVHN.
 *   <li>Like the authors' code: an odd L erases L − 1 pixels.
 *   <li>Cost: one copy of the images a batch, no MACs.
 *   <li>Hurts: where a class is one small part of the picture. Card: docs/tricks/cutout.md.
 * </ul>
 *
 * @param size L in pixels, in [2, 8192]
 */
public record Cutout(@About("side of the square in pixels, in [2, 8192]") int size)
    implements BatchTrick<Cutout.Plan> {
  /** The paper's value for CIFAR-10. */
  public static final Cutout DEFAULT = new Cutout(16);

  public Cutout {
    Check.that(size >= 2 && size <= 8192, "cutout.size", size, "in [2, 8192]");
  }

  /**
   * What will happen to one batch.
   *
   * @param boxes what is erased of each picture, in pixels
   */
  public record Plan(List<Box> boxes) {
    public Plan {
      boxes = List.copyOf(boxes);
    }
  }

  @Override
  public Optional<Plan> draw(RandomState random, Batch batch) {
    ImageSize picture = batch.imageSize();
    List<Box> boxes = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      boxes.add(box(picture, random.nextInt(picture.height()), random.nextInt(picture.width())));
    }
    return Optional.of(new Plan(boxes));
  }

  /** Returns a new batch: images [N, C, H, W], the same targets. */
  @Override
  public Batch apply(Batch batch, Plan plan) {
    Tensor images = batch.images().copy();
    for (int i = 0; i < batch.size(); i++) {
      images.select(0, i).crop(plan.boxes().get(i)).zero();
    }
    return batch.with(images, batch.targets());
  }

  /** The square around a center, clipped at the border. */
  Box box(ImageSize picture, int cy, int cx) {
    int top = Math.max(0, cy - size / 2);
    int left = Math.max(0, cx - size / 2);
    int bottom = Math.min(picture.height(), cy + size / 2);
    int right = Math.min(picture.width(), cx + size / 2);
    return new Box(top, left, bottom - top, right - left);
  }
}
