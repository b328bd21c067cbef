package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.PadCrop;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.RandomResizedCrop;
import dev.linnet.image.Sequence;
import java.util.List;

/**
 * How training pictures are cropped and mirrored. In YAML a name ({@code augment: none}) or a
 * mapping with one ({@code augment: {name: pad-crop-flip, padding: 2}}).
 */
public interface AugmentRecipe {

  /**
   * How training pictures become inputs.
   *
   * @param evaluation how those of the evaluation do; its size is that of the inputs
   * @throws IllegalStateException if it is still {@link Auto}
   */
  PictureTransform over(EvalTransform evaluation);

  /** Whether some training pictures are mirrored. */
  default boolean mirrors() {
    return false;
  }

  /**
   * Chosen by the data ({@link Chooser#choose}): one of the others, with its {@code DEFAULT}.
   *
   * @param flip chance of the mirror, in [0, 1]; auto: that of the choice, or 0 for characters,
   *     whose mirror images are other characters
   */
  record Auto(@About("chance of the mirror image") OrAuto<Double> flip) implements AugmentRecipe {
    /** Everything is chosen. */
    public static final Auto DEFAULT = new Auto(OrAuto.auto());

    public Auto {
      Check.that(
          flip.isAutoOr(chance -> chance >= 0 && chance <= 1),
          "augment.flip",
          flip,
          "in [0, 1], or auto");
    }

    @Override
    public PictureTransform over(EvalTransform evaluation) {
      throw new IllegalStateException("augment is auto; call Chooser.choose first");
    }
  }

  /** Training pictures are treated as those of the evaluation. */
  record None() implements AugmentRecipe {
    /** The only one. */
    public static final None DEFAULT = new None();

    @Override
    public PictureTransform over(EvalTransform evaluation) {
      return evaluation;
    }
  }

  /**
   * Training pictures are treated as those of the evaluation, and mirrored: for a head on features
   * that are computed once.
   *
   * @param flip chance of the mirror, in [0, 1]
   */
  record Flip(@About("chance of the mirror image") double flip) implements AugmentRecipe {
    /** Every second picture. */
    public static final Flip DEFAULT = new Flip(RandomHorizontalFlip.DEFAULT.probability());

    public Flip {
      checkFlip(flip);
    }

    @Override
    public PictureTransform over(EvalTransform evaluation) {
      return Sequence.of(evaluation, new RandomHorizontalFlip(flip));
    }

    @Override
    public boolean mirrors() {
      return flip > 0;
    }
  }

  /**
   * For small pictures: zeros round the border, a crop of the old size, a mirror (He et al., CVPR
   * 2016, arXiv:1512.03385, §4.2).
   *
   * @param padding pixels on each side, in [0, 64]
   * @param flip chance of the mirror, in [0, 1]
   */
  record PadCropFlip(
      @About("zeros on each side, in pixels") int padding,
      @About("chance of the mirror image") double flip)
      implements AugmentRecipe {
    /** The paper's values for CIFAR-10. */
    public static final PadCropFlip DEFAULT =
        new PadCropFlip(4, RandomHorizontalFlip.DEFAULT.probability());

    public PadCropFlip {
      Check.that(padding >= 0 && padding <= 64, "augment.padding", padding, "in [0, 64]");
      checkFlip(flip);
    }

    /** Pictures of another size are first resized and cropped as in the evaluation. */
    @Override
    public PictureTransform over(EvalTransform evaluation) {
      return Sequence.of(
          evaluation, new PadCrop(padding, evaluation.size()), new RandomHorizontalFlip(flip));
    }

    @Override
    public boolean mirrors() {
      return flip > 0;
    }

    /** This augmentation with another chance of the mirror. */
    public PadCropFlip withFlip(double flip) {
      return new PadCropFlip(padding, flip);
    }
  }

  /**
   * For photos: a crop of random area and aspect, resized, and a mirror (Szegedy et al., CVPR 2015,
   * arXiv:1409.4842, §6; the values of PyTorch and timm).
   *
   * @param scale smallest and largest area of the crop, as shares of the picture, in (0, 1]
   * @param ratio smallest and largest width / height of the crop, in [0.1, 10]
   * @param flip chance of the mirror, in [0, 1]
   * @param interpolation how the crop is resized
   */
  record ResizedCropFlip(
      @About("smallest and largest share of the area") List<Double> scale,
      @About("smallest and largest width / height") List<Double> ratio,
      @About("chance of the mirror image") double flip,
      @About("how the crop is resized") Interpolation interpolation)
      implements AugmentRecipe {
    /** The values of {@link RandomResizedCrop#of} and {@link RandomHorizontalFlip#DEFAULT}. */
    public static final ResizedCropFlip DEFAULT = of(RandomResizedCrop.of(new ImageSize(1, 1)));

    public ResizedCropFlip {
      scale = List.copyOf(scale);
      ratio = List.copyOf(ratio);
      Check.that(
          isRange(scale, Double.MIN_VALUE, 1),
          "augment.scale",
          scale,
          "two rising numbers in (0, 1], such as [0.08, 1]");
      Check.that(
          isRange(ratio, 0.1, 10),
          "augment.ratio",
          ratio,
          "two rising numbers in [0.1, 10], such as [0.75, 1.3333]");
      checkFlip(flip);
    }

    private static ResizedCropFlip of(RandomResizedCrop crop) {
      return new ResizedCropFlip(
          List.of(crop.minScale(), crop.maxScale()),
          List.of(crop.minRatio(), crop.maxRatio()),
          RandomHorizontalFlip.DEFAULT.probability(),
          crop.interpolation());
    }

    @Override
    public PictureTransform over(EvalTransform evaluation) {
      RandomResizedCrop crop =
          RandomResizedCrop.of(evaluation.size())
              .withScale(scale.get(0), scale.get(1))
              .withRatio(ratio.get(0), ratio.get(1))
              .withInterpolation(interpolation);
      return Sequence.of(crop, new RandomHorizontalFlip(flip));
    }

    @Override
    public boolean mirrors() {
      return flip > 0;
    }

    /** This augmentation with another chance of the mirror. */
    public ResizedCropFlip withFlip(double flip) {
      return new ResizedCropFlip(scale, ratio, flip, interpolation);
    }
  }

  private static boolean isRange(List<Double> range, double least, double most) {
    return range.size() == 2
        && range.get(0) >= least
        && range.get(0) <= range.get(1)
        && range.get(1) <= most;
  }

  private static void checkFlip(double flip) {
    Check.that(flip >= 0 && flip <= 1, "augment.flip", flip, "in [0, 1]");
  }
}
