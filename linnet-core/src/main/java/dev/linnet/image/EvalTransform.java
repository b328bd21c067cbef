package dev.linnet.image;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import java.util.List;
import java.util.Optional;

/**
 * timm's evaluation: resize to ⌊size/cropPct⌋, then the middle.
 *
 * @param size of the result
 * @param cropPct how much of the resized side is kept, in (0, 1]
 * @param interpolation the filter
 * @param mode what happens to pictures that are not as wide as the target
 * @param fill color around the picture in {@link CropMode#BORDER}, red, green, blue in [0, 255]
 */
public record EvalTransform(
    ImageSize size, double cropPct, Interpolation interpolation, CropMode mode, List<Integer> fill)
    implements PictureTransform {

  /** What happens to pictures that are not as wide as the target. */
  public enum CropMode {
    /** The shorter side is resized, the longer cut. */
    CENTER,
    /** Both sides are resized; nothing is lost but the proportions. */
    SQUASH,
    /** The longer side is resized, the shorter filled up with a color. */
    BORDER
  }

  public EvalTransform {
    fill = List.copyOf(fill);
    Check.that(cropPct > 0 && cropPct <= 1, "crop_pct", cropPct, "in (0, 1]");
    Check.that(
        fill.size() == 3 && fill.stream().allMatch(level -> level >= 0 && level <= 255),
        "fill",
        fill,
        "three levels in [0, 255]");
  }

  /** The shorter side resized, the middle cut out. */
  public static EvalTransform of(ImageSize size, double cropPct, Interpolation interpolation) {
    return new EvalTransform(size, cropPct, interpolation, CropMode.CENTER, List.of(0, 0, 0));
  }

  /** This operator with another mode. */
  public EvalTransform withMode(CropMode mode) {
    return new EvalTransform(size, cropPct, interpolation, mode, fill);
  }

  /** This operator with another color around the picture. */
  public EvalTransform withFill(List<Integer> fill) {
    return new EvalTransform(size, cropPct, interpolation, mode, fill);
  }

  @Override
  public Picture apply(Picture picture, RandomState random) {
    return apply(picture);
  }

  /** The same without a random state, which it does not use. */
  public Picture apply(Picture picture) {
    return cut(Resize.apply(picture, target(picture.size()), interpolation));
  }

  @Override
  public Picture apply(HeldPicture picture, RandomState random) {
    Resize.Part all = Resize.Part.all(picture.whole());
    return cut(Resize.apply(picture, all, target(picture.whole()), interpolation));
  }

  /** The same from a file; its whole picture stays in native memory. */
  @Override
  public Picture decode(byte[] file, String name, DecodeOptions options, RandomState random) {
    return decode(file, name, options);
  }

  /** The same without a random state, which it does not use. */
  public Picture decode(byte[] file, String name, DecodeOptions options) {
    ImageHeader header = Decoder.checkedHeader(file, name, options);
    try (Decoded decoded = Decoded.open(file, name, header, options, 1)) {
      ImageSize whole = decoded.size();
      return cut(decoded.resized(Resize.Part.all(whole), target(whole), interpolation));
    }
  }

  /**
   * Where a part of a picture lies in the result, to the nearest pixel and cut at the border; none
   * where it was cut away.
   *
   * @param picture size of the whole picture
   */
  public Optional<Box> place(Box part, ImageSize picture) {
    ImageSize scaled = target(picture);
    int firstRow = Picture.centerStart(scaled.height(), size.height());
    int firstColumn = Picture.centerStart(scaled.width(), size.width());
    double tall = (double) scaled.height() / picture.height();
    double wide = (double) scaled.width() / picture.width();
    int top = (int) Math.max(0, Math.round(part.top() * tall) - firstRow);
    int left = (int) Math.max(0, Math.round(part.left() * wide) - firstColumn);
    int bottom = (int) Math.min(size.height(), Math.round(part.bottom() * tall) - firstRow);
    int right = (int) Math.min(size.width(), Math.round(part.right() * wide) - firstColumn);
    return bottom <= top || right <= left
        ? Optional.empty()
        : Optional.of(new Box(top, left, new ImageSize(bottom - top, right - left)));
  }

  /** What the whole picture is resized to. */
  private ImageSize target(ImageSize from) {
    ImageSize scaled =
        new ImageSize(
            (int) Math.floor(size.height() / cropPct), (int) Math.floor(size.width() / cropPct));
    return switch (mode) {
      case CENTER ->
          scaled.height() == scaled.width()
              ? ResizeShorter.target(from, scaled.height())
              : keepRatio(from, scaled, 0);
      case SQUASH -> scaled;
      case BORDER -> keepRatio(from, scaled, 1);
    };
  }

  private Picture cut(Picture resized) {
    return mode == CropMode.BORDER ? border(resized) : resized.centerCrop(size);
  }

  /**
   * timm's {@code ResizeKeepRatio}.
   *
   * @param longest 1 to fit the picture into the target, 0 to cover it
   */
  private static ImageSize keepRatio(ImageSize from, ImageSize target, double longest) {
    double ratioH = (double) from.height() / target.height();
    double ratioW = (double) from.width() / target.width();
    double ratio = Math.max(ratioH, ratioW) * longest + Math.min(ratioH, ratioW) * (1.0 - longest);
    return new ImageSize(
        Math.max(1, (int) Math.rint(from.height() / ratio)),
        Math.max(1, (int) Math.rint(from.width() / ratio)));
  }

  private Picture border(Picture picture) {
    Picture cut = picture.centerCrop(size);
    if (picture.height() >= size.height() && picture.width() >= size.width()) {
      return cut;
    }
    byte[] pixels = cut.pixels();
    int top = Math.max(0, (size.height() - picture.height()) / 2);
    int left = Math.max(0, (size.width() - picture.width()) / 2);
    int channels = cut.channels();
    List<Integer> color = channels == 3 ? fill : List.of(fill.get(0));
    for (int row = 0; row < size.height(); row++) {
      boolean outside = row < top || row >= top + picture.height();
      for (int column = 0; column < size.width(); column++) {
        if (outside || column < left || column >= left + picture.width()) {
          for (int c = 0; c < channels; c++) {
            pixels[(row * size.width() + column) * channels + c] = color.get(c).byteValue();
          }
        }
      }
    }
    return Picture.wrap(size, channels, pixels);
  }
}
