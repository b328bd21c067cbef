package dev.linnet.image;

/**
 * The operators of the augmentation papers that take one number, named as in them. Each equals
 * Pillow's within one level.
 */
public enum PictureOperator {
  /** Nothing; its number means nothing. */
  IDENTITY("Identity"),
  /** Row y moves left by number · y, about the top left corner. */
  SHEAR_X("ShearX"),
  /** Column x moves up by number · x, about the top left corner. */
  SHEAR_Y("ShearY"),
  /** Moves right by as many pixels. */
  TRANSLATE_X("TranslateX"),
  /** Moves down by as many pixels. */
  TRANSLATE_Y("TranslateY"),
  /** Turns counter-clockwise about the center, in degrees. */
  ROTATE("Rotate"),
  /** Away from black: 0 is black, 1 changes nothing. */
  BRIGHTNESS("Brightness"),
  /** Away from the mean luminance: 0 is plain grey, 1 changes nothing. */
  CONTRAST("Contrast"),
  /** Away from each pixel's luminance: 0 has no colors, 1 changes nothing. */
  COLOR("Color"),
  /** Away from a smoothed picture: 0 is smooth, 1 changes nothing. The outermost pixels stay. */
  SHARPNESS("Sharpness"),
  /** Keeps as many of the highest bits, in [0, 8]. */
  POSTERIZE("Posterize"),
  /** Inverts levels from the number on. */
  SOLARIZE("Solarize"),
  /** Adds the number to levels below 128. */
  SOLARIZE_ADD("SolarizeAdd"),
  /** Stretches each channel to [0, 255]; its number means nothing. */
  AUTO_CONTRAST("AutoContrast"),
  /** Makes each channel's histogram flat; its number means nothing. */
  EQUALIZE("Equalize"),
  /** 255 − level; its number means nothing. */
  INVERT("Invert"),
  /** Turns the colors by that part of the circle, in [−0.5, 0.5], in Pillow's HSV. */
  HUE("Hue"),
  /** Luminance in every channel; its number means nothing. */
  GRAYSCALE("Grayscale"),
  /** Pillow's Gaussian blur, three box blurs; the number is the radius, in pixels. */
  GAUSSIAN_BLUR("GaussianBlur");

  private final String title;

  PictureOperator(String title) {
    this.title = title;
  }

  /** Its name in the papers. */
  public String title() {
    return title;
  }

  /** Whether its number means something. */
  public boolean hasAmount() {
    return switch (this) {
      case IDENTITY, AUTO_CONTRAST, EQUALIZE, INVERT, GRAYSCALE -> false;
      case SHEAR_X, SHEAR_Y, TRANSLATE_X, TRANSLATE_Y, ROTATE -> true;
      case BRIGHTNESS, CONTRAST, COLOR, SHARPNESS -> true;
      case POSTERIZE, SOLARIZE, SOLARIZE_ADD, HUE, GAUSSIAN_BLUR -> true;
    };
  }

  /**
   * Does it.
   *
   * @param amount its number
   * @param sampling for those that warp
   */
  Picture apply(Picture picture, double amount, Sampling sampling) {
    return switch (this) {
      case IDENTITY -> picture;
      case SHEAR_X -> Warp.affine(picture, Affine.shear(amount, 0), sampling);
      case SHEAR_Y -> Warp.affine(picture, Affine.shear(0, amount), sampling);
      case TRANSLATE_X -> Warp.affine(picture, Affine.translation(amount, 0), sampling);
      case TRANSLATE_Y -> Warp.affine(picture, Affine.translation(0, amount), sampling);
      case ROTATE -> Warp.rotate(picture, amount, sampling);
      case BRIGHTNESS -> Levels.brightness(picture, amount);
      case CONTRAST -> Levels.contrast(picture, amount);
      case COLOR -> Colors.saturation(picture, amount);
      case SHARPNESS -> Sharpness.apply(picture, amount);
      case POSTERIZE -> Levels.posterize(picture, (int) amount);
      case SOLARIZE -> Levels.solarize(picture, amount);
      case SOLARIZE_ADD -> Levels.solarizeAdd(picture, (int) amount);
      case AUTO_CONTRAST -> Levels.autoContrast(picture);
      case EQUALIZE -> Levels.equalize(picture);
      case INVERT -> Levels.invert(picture);
      case HUE -> Colors.hue(picture, amount);
      case GRAYSCALE -> Colors.grayscale(picture);
      case GAUSSIAN_BLUR -> BoxBlur.gaussian(picture, amount);
    };
  }
}
