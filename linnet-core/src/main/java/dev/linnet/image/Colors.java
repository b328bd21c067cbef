package dev.linnet.image;

/**
 * Operators on the color of each pixel, as Pillow has them; a grey picture has no colors to change.
 *
 * <p>Any thread.
 */
final class Colors {
  private Colors() {}

  /** Away from each pixel's luminance. */
  static Picture saturation(Picture picture, double factor) {
    float alpha = (float) factor;
    if (picture.channels() == 1 || alpha == 1) {
      return picture;
    }
    byte[] pixels = picture.raw();
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i += 3) {
      int r = pixels[i] & 0xFF;
      int g = pixels[i + 1] & 0xFF;
      int b = pixels[i + 2] & 0xFF;
      int gray = Picture.luminance(r, g, b);
      result[i] = (byte) Levels.blend(gray, r, alpha);
      result[i + 1] = (byte) Levels.blend(gray, g, alpha);
      result[i + 2] = (byte) Levels.blend(gray, b, alpha);
    }
    return Picture.wrap(picture.size(), 3, result);
  }

  /** Luminance in every channel. */
  static Picture grayscale(Picture picture) {
    return picture.channels() == 1 ? picture : picture.gray().rgb();
  }

  /**
   * Turns the hue by a part of the circle; torchvision's {@code adjust_hue} on Pillow's HSV, whose
   * hue has 255 steps (Pillow 13, {@code Convert.c}).
   */
  static Picture hue(Picture picture, double turn) {
    int shift = (int) (turn * 255);
    if (picture.channels() == 1) {
      return picture;
    }
    byte[] pixels = picture.raw();
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i += 3) {
      turn(pixels, result, i, shift);
    }
    return Picture.wrap(picture.size(), 3, result);
  }

  private static void turn(byte[] pixels, byte[] result, int at, int shift) {
    int r = pixels[at] & 0xFF;
    int g = pixels[at + 1] & 0xFF;
    int b = pixels[at + 2] & 0xFF;
    int most = Math.max(r, Math.max(g, b));
    int least = Math.min(r, Math.min(g, b));
    int saturation = most == least ? 0 : (int) ((float) (most - least) / most * 255.0);
    if (saturation == 0) {
      result[at] = (byte) most;
      result[at + 1] = (byte) most;
      result[at + 2] = (byte) most;
      return;
    }
    int hue = (hue(r, g, b, most, most - least) + shift) & 0xFF;
    int sector = (int) ((float) hue * 6.0 / 255.0); // 0 to 6
    float f = (float) ((float) hue * 6.0 / 255.0 - (float) sector);
    float fs = (float) (saturation / 255.0);
    byte v = (byte) most;
    byte p = level(most * (1.0 - fs));
    byte q = level(most * (1.0 - fs * f));
    byte t = level(most * (1.0 - fs * (1.0 - f)));
    switch (sector % 6) {
      case 0 -> set(result, at, v, t, p);
      case 1 -> set(result, at, q, v, p);
      case 2 -> set(result, at, p, v, t);
      case 3 -> set(result, at, p, q, v);
      case 4 -> set(result, at, t, p, v);
      default -> set(result, at, v, p, q);
    }
  }

  /** In 255 steps. */
  private static int hue(int r, int g, int b, int most, int range) {
    float red = (float) (most - r) / range;
    float green = (float) (most - g) / range;
    float blue = (float) (most - b) / range;
    float h;
    if (r == most) {
      h = blue - green;
    } else if (g == most) {
      h = (float) (2.0 + red - blue);
    } else {
      h = (float) (4.0 + green - red);
    }
    h = (float) ((h / 6.0 + 1.0) % 1.0);
    return Math.min(255, (int) (h * 255.0));
  }

  private static byte level(double value) {
    return (byte) Math.max(0, Math.min(255, (int) Math.floor(value + 0.5)));
  }

  private static void set(byte[] result, int at, byte red, byte green, byte blue) {
    result[at] = red;
    result[at + 1] = green;
    result[at + 2] = blue;
  }
}
