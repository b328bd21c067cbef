package dev.linnet.image;

/**
 * Adds a number to each channel, rounded and clipped; a grey picture gets the mean of the three.
 *
 * @param red levels to add
 * @param green levels to add
 * @param blue levels to add
 */
public record ColorShift(double red, double green, double blue) implements PictureEdit {
  @Override
  public Picture apply(Picture picture) {
    if (picture.channels() == 1) {
      double mean = (red + green + blue) / 3;
      return Levels.map(picture, level -> rounded(level + mean));
    }
    return Levels.map(
        picture,
        new Levels.Rule[] {
          level -> rounded(level + red),
          level -> rounded(level + green),
          level -> rounded(level + blue)
        });
  }

  private static int rounded(double level) {
    return (int) Math.rint(level);
  }

  /** Such as {@code Lighting 3.1 -2 0.5}. */
  @Override
  public String toString() {
    return "Lighting "
        + PictureStep.shortened(red)
        + " "
        + PictureStep.shortened(green)
        + " "
        + PictureStep.shortened(blue);
  }
}
