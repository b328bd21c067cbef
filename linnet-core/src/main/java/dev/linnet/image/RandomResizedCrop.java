package dev.linnet.image;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;

/**
 * A window of random area and proportions, resized to the target: the augmentation of photos
 * (Szegedy et al., CVPR 2015, §6).
 *
 * <p>The rule is torchvision's, which timm shares: ten tries of an area uniform in {@code scale} of
 * the picture's and a logarithm of width/height uniform in that of {@code ratio}; where none fits,
 * the largest central window of an allowed ratio. The window is cut out first and then resized, by
 * the same exact filters as in evaluation: a cheaper filter would save nothing beside the decoding.
 *
 * @param size of the result
 * @param minScale smallest part of the area, in (0, 1]
 * @param maxScale largest part of the area, in [minScale, 1]
 * @param minRatio smallest width / height, above 0
 * @param maxRatio largest width / height, at least minRatio
 * @param interpolation the filter; all are antialiased but NEAREST
 */
public record RandomResizedCrop(
    ImageSize size,
    double minScale,
    double maxScale,
    double minRatio,
    double maxRatio,
    Interpolation interpolation)
    implements PictureTransform {
  private static final int TRIES = 10;

  public RandomResizedCrop {
    Check.that(minScale > 0 && minScale <= 1, "scale", minScale, "in (0, 1]");
    Check.that(maxScale >= minScale && maxScale <= 1, "scale", maxScale, "in [minimum, 1]");
    Check.that(minRatio > 0 && minRatio < Double.POSITIVE_INFINITY, "ratio", minRatio, "above 0");
    Check.that(
        maxRatio >= minRatio && maxRatio < Double.POSITIVE_INFINITY,
        "ratio",
        maxRatio,
        "at least the minimum");
  }

  /** 8 % to all of the area, 3:4 to 4:3, bilinear: the defaults of torchvision and timm. */
  public static RandomResizedCrop of(ImageSize size) {
    return new RandomResizedCrop(size, 0.08, 1, 3.0 / 4, 4.0 / 3, Interpolation.BILINEAR);
  }

  /** This operator with other parts of the area. */
  public RandomResizedCrop withScale(double minScale, double maxScale) {
    return new RandomResizedCrop(size, minScale, maxScale, minRatio, maxRatio, interpolation);
  }

  /** This operator with other proportions. */
  public RandomResizedCrop withRatio(double minRatio, double maxRatio) {
    return new RandomResizedCrop(size, minScale, maxScale, minRatio, maxRatio, interpolation);
  }

  /** This operator with another filter. */
  public RandomResizedCrop withInterpolation(Interpolation interpolation) {
    return new RandomResizedCrop(size, minScale, maxScale, minRatio, maxRatio, interpolation);
  }

  /** Draws the window for a picture of that size. */
  public Box draw(ImageSize picture, RandomState random) {
    for (int i = 0; i < TRIES; i++) {
      double area = picture.area() * random.nextDouble(minScale, maxScale);
      double ratio =
          StrictMath.exp(random.nextDouble(StrictMath.log(minRatio), StrictMath.log(maxRatio)));
      double width = Math.rint(Math.sqrt(area * ratio));
      double height = Math.rint(Math.sqrt(area / ratio));
      if (width >= 1 && width <= picture.width() && height >= 1 && height <= picture.height()) {
        ImageSize window = new ImageSize((int) height, (int) width);
        int top = random.nextInt(picture.height() - window.height() + 1);
        int left = random.nextInt(picture.width() - window.width() + 1);
        return new Box(top, left, window);
      }
    }
    return largest(picture);
  }

  /** The largest central window whose ratio is allowed. */
  private Box largest(ImageSize picture) {
    double ratio = (double) picture.width() / picture.height();
    int width = picture.width();
    int height = picture.height();
    if (ratio < minRatio) {
      height = Math.max(1, (int) Math.rint(width / minRatio));
    } else if (ratio > maxRatio) {
      width = Math.max(1, (int) Math.rint(height * maxRatio));
    }
    return new Box(
        (picture.height() - height) / 2,
        (picture.width() - width) / 2,
        new ImageSize(height, width));
  }

  @Override
  public Picture apply(Picture picture, RandomState random) {
    return apply(picture, draw(picture.size(), random));
  }

  @Override
  public Picture apply(HeldPicture picture, RandomState random) {
    Resize.Part part = Resize.Part.of(draw(picture.whole(), random), picture.denominator());
    return Resize.apply(picture, part, size, interpolation);
  }

  @Override
  public int denominator(ImageSize picture, DecodeOptions options, RandomState random) {
    return options.scaledDecoding() == ScaledDecoding.ALLOWED
        ? denominator(draw(picture, random))
        : 1;
  }

  /** Cuts out a window that was drawn and resizes it. */
  public Picture apply(Picture picture, Box window) {
    return Resize.apply(picture, window, size, interpolation);
  }

  /**
   * The same from a file: the window is drawn by the header, and only it leaves native memory. With
   * {@link ScaledDecoding#ALLOWED}, a JPEG whose window stays at least as large as the target is
   * decoded at 1/2, 1/4 or 1/8 of its size; the window's edges then lie between pixels.
   */
  @Override
  public Picture decode(byte[] file, String name, DecodeOptions options, RandomState random) {
    ImageHeader header = Decoder.checkedHeader(file, name, options);
    Box window = draw(header.size(options.orientation()), random);
    int denominator = denominator(header, window, options);
    Resize.Part part = Resize.Part.of(window, denominator);
    try (Decoded decoded = Decoded.open(file, name, header, options, denominator, part.box())) {
      return decoded.resized(part, size, interpolation);
    }
  }

  private int denominator(ImageHeader header, Box window, DecodeOptions options) {
    return header.format() == ImageFormat.JPEG && options.scaledDecoding() == ScaledDecoding.ALLOWED
        ? denominator(window)
        : 1;
  }

  /** The part of its size at which a window stays at least as large as the target: 1, 2, 4 or 8. */
  private int denominator(Box window) {
    int denominator = 1;
    while (denominator < 8
        && window.size().height() >= 2L * denominator * size.height()
        && window.size().width() >= 2L * denominator * size.width()) {
      denominator *= 2;
    }
    return denominator;
  }
}
