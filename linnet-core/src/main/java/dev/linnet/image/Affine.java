package dev.linnet.image;

/**
 * Where the pixels of a warped picture come from, in Pillow's convention: {@code x' = a·x + b·y +
 * c}, {@code y' = d·x + e·y + f}, in pixels from the top left corner.
 */
record Affine(double a, double b, double c, double d, double e, double f) {

  /** Pixels come from {@code x + alongX · y} and {@code y + alongY · x}. */
  static Affine shear(double alongX, double alongY) {
    return new Affine(1, alongX, 0, alongY, 1, 0);
  }

  /** The picture moves right and down. */
  static Affine translation(double right, double down) {
    return new Affine(1, 0, -right, 0, 1, -down);
  }

  /** A turn by Pillow's {@code Image.rotate}, counter-clockwise about the center, in degrees. */
  static Affine rotation(double degrees, ImageSize size) {
    double angle = -Math.toRadians(degrees);
    double cos = rounded(StrictMath.cos(angle));
    double sin = rounded(StrictMath.sin(angle));
    double x = size.width() / 2.0;
    double y = size.height() / 2.0;
    return new Affine(cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y);
  }

  /** To 15 decimals, as Pillow, so that a right angle has a cosine of 0. */
  private static double rounded(double value) {
    return Math.rint(value * 1e15) / 1e15;
  }
}
