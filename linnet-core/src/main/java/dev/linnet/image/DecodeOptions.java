package dev.linnet.image;

import dev.linnet.base.Check;

/**
 * How files become pictures.
 *
 * @param color what the channels mean
 * @param orientation whether the EXIF orientation turns the picture
 * @param maxPixels the largest picture that is read, in pixels, at least 1; larger ones are refused
 *     by their header
 * @param scaledDecoding whether training operators may decode JPEGs at a part of their size
 */
public record DecodeOptions(
    ColorMode color, Orientation orientation, long maxPixels, ScaledDecoding scaledDecoding) {

  /** RGB, orientation applied, at most 89,478,485 pixels as Pillow, scaled decoding allowed. */
  public static final DecodeOptions DEFAULT =
      new DecodeOptions(ColorMode.RGB, Orientation.APPLY, 89_478_485, ScaledDecoding.ALLOWED);

  public DecodeOptions {
    Check.that(maxPixels >= 1, "max_pixels", maxPixels, "at least 1");
  }

  /** These options with other channels. */
  public DecodeOptions withColor(ColorMode color) {
    return new DecodeOptions(color, orientation, maxPixels, scaledDecoding);
  }

  /** These options with another rule for the EXIF orientation. */
  public DecodeOptions withOrientation(Orientation orientation) {
    return new DecodeOptions(color, orientation, maxPixels, scaledDecoding);
  }

  /** These options with another limit, in pixels. */
  public DecodeOptions withMaxPixels(long maxPixels) {
    return new DecodeOptions(color, orientation, maxPixels, scaledDecoding);
  }

  /** These options with scaled decoding allowed or not. */
  public DecodeOptions withScaledDecoding(ScaledDecoding scaledDecoding) {
    return new DecodeOptions(color, orientation, maxPixels, scaledDecoding);
  }
}
