package dev.linnet.image;

import dev.linnet.base.Check;
import java.util.List;

/**
 * How a warped picture is read between its pixels, and what stands where nothing of it is.
 *
 * @param interpolation {@link Interpolation#NEAREST}, {@link Interpolation#BILINEAR} or {@link
 *     Interpolation#BICUBIC} (a = −1 here, unlike the resize; Pillow's transform)
 * @param fill level of each channel outside the picture, in [0, 255]; one level stands for all, and
 *     a grey picture takes the luminance of three
 */
public record Sampling(Interpolation interpolation, List<Integer> fill) {
  /** The filters that a warp can have. */
  public static final List<Interpolation> FILTERS =
      List.of(Interpolation.NEAREST, Interpolation.BILINEAR, Interpolation.BICUBIC);

  /** ImageNet's mean color, which timm fills with: round(255 · mean). */
  public static final List<Integer> IMAGENET_FILL = List.of(124, 116, 104);

  /** The nearest pixel, black outside: torchvision's default. */
  public static final Sampling NEAREST = new Sampling(Interpolation.NEAREST, List.of(0, 0, 0));

  public Sampling {
    fill = List.copyOf(fill);
    Check.that(
        FILTERS.contains(interpolation),
        "interpolation",
        interpolation,
        "nearest, bilinear or bicubic");
    Check.that(isFill(fill), "fill", fill, "one or three levels in [0, 255]");
  }

  /** Whether a list can be a fill. */
  public static boolean isFill(List<Integer> fill) {
    return (fill.size() == 1 || fill.size() == 3)
        && fill.stream().allMatch(level -> level >= 0 && level <= 255);
  }

  /** This sampling with another filter. */
  public Sampling withInterpolation(Interpolation interpolation) {
    return new Sampling(interpolation, fill);
  }

  /** The fill as pixels of a picture with that many channels. */
  byte[] pixel(int channels) {
    int[] levels = new int[channels];
    if (fill.size() == 3 && channels == 1) {
      levels[0] = Picture.luminance(fill.get(0), fill.get(1), fill.get(2));
    } else {
      for (int c = 0; c < channels; c++) {
        levels[c] = fill.get(fill.size() == 1 ? 0 : c);
      }
    }
    byte[] pixel = new byte[channels];
    for (int c = 0; c < channels; c++) {
      pixel[c] = (byte) levels[c];
    }
    return pixel;
  }
}
