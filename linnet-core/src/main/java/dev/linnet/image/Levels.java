package dev.linnet.image;

/**
 * Operators that give each level of a channel another level: Pillow's {@code ImageOps} and the two
 * enhancements that are tables.
 *
 * <p>Any thread.
 */
final class Levels {
  private static final int COUNT = 256;

  private Levels() {}

  /** What a level becomes. */
  interface Rule {
    int level(int level);
  }

  /** The same rule for every channel. */
  static Picture map(Picture picture, Rule rule) {
    byte[] table = table(rule);
    byte[] pixels = picture.raw();
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      result[i] = table[pixels[i] & 0xFF];
    }
    return Picture.wrap(picture.size(), picture.channels(), result);
  }

  /** A rule for each channel. */
  static Picture map(Picture picture, Rule[] rules) {
    if (rules.length == 1) {
      return map(picture, rules[0]);
    }
    byte[] red = table(rules[0]);
    byte[] green = table(rules[1]);
    byte[] blue = table(rules[2]);
    byte[] pixels = picture.raw();
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i += 3) {
      result[i] = red[pixels[i] & 0xFF];
      result[i + 1] = green[pixels[i + 1] & 0xFF];
      result[i + 2] = blue[pixels[i + 2] & 0xFF];
    }
    return Picture.wrap(picture.size(), 3, result);
  }

  private static byte[] table(Rule rule) {
    byte[] table = new byte[COUNT];
    for (int level = 0; level < COUNT; level++) {
      table[level] = (byte) Math.max(0, Math.min(255, rule.level(level)));
    }
    return table;
  }

  /** Pillow's {@code Image.blend}: from a to b, and beyond; rounded to 0, clipped. */
  static int blend(int a, int b, float alpha) {
    float level = a + alpha * (b - a);
    return level <= 0 ? 0 : level >= 255 ? 255 : (int) level;
  }

  static Picture brightness(Picture picture, double factor) {
    float alpha = (float) factor;
    return alpha == 1 ? picture : map(picture, level -> blend(0, level, alpha));
  }

  static Picture contrast(Picture picture, double factor) {
    float alpha = (float) factor;
    if (alpha == 1) {
      return picture;
    }
    int mean = meanLuminance(picture);
    return map(picture, level -> blend(mean, level, alpha));
  }

  private static int meanLuminance(Picture picture) {
    byte[] pixels = picture.raw();
    long sum = 0;
    if (picture.channels() == 1) {
      for (byte pixel : pixels) {
        sum += pixel & 0xFF;
      }
    } else {
      for (int i = 0; i < pixels.length; i += 3) {
        sum += Picture.luminance(pixels[i] & 0xFF, pixels[i + 1] & 0xFF, pixels[i + 2] & 0xFF);
      }
    }
    return (int) ((double) sum / picture.size().area() + 0.5);
  }

  /**
   * @param bits that stay, in [0, 8]; 0 is black
   */
  static Picture posterize(Picture picture, int bits) {
    int mask = -(1 << (8 - bits));
    return bits == 8 ? picture : map(picture, level -> level & mask);
  }

  static Picture solarize(Picture picture, double threshold) {
    return map(picture, level -> level < threshold ? level : 255 - level);
  }

  static Picture solarizeAdd(Picture picture, int add) {
    return map(picture, level -> level < 128 ? level + add : level);
  }

  static Picture invert(Picture picture) {
    return map(picture, level -> 255 - level);
  }

  static Picture autoContrast(Picture picture) {
    int[][] histograms = histograms(picture);
    Rule[] rules = new Rule[histograms.length];
    for (int c = 0; c < rules.length; c++) {
      int[] histogram = histograms[c];
      int low = 0;
      while (histogram[low] == 0) {
        low++;
      }
      int high = COUNT - 1;
      while (histogram[high] == 0) {
        high--;
      }
      double scale = 255.0 / (high - low);
      double offset = -low * scale;
      rules[c] = high == low ? level -> level : level -> (int) (level * scale + offset);
    }
    return map(picture, rules);
  }

  static Picture equalize(Picture picture) {
    int[][] histograms = histograms(picture);
    Rule[] rules = new Rule[histograms.length];
    for (int c = 0; c < rules.length; c++) {
      rules[c] = equalized(histograms[c], picture.size().area());
    }
    return map(picture, rules);
  }

  private static Rule equalized(int[] histogram, long pixels) {
    int last = COUNT - 1;
    while (histogram[last] == 0) {
      last--;
    }
    long step = (pixels - histogram[last]) / 255;
    if (step == 0) {
      return level -> level;
    }
    int[] levels = new int[COUNT];
    long sum = step / 2;
    for (int i = 0; i < COUNT; i++) {
      levels[i] = (int) Math.min(255, sum / step);
      sum += histogram[i];
    }
    return level -> levels[level];
  }

  private static int[][] histograms(Picture picture) {
    byte[] pixels = picture.raw();
    if (picture.channels() == 1) {
      int[] gray = new int[COUNT];
      for (byte pixel : pixels) {
        gray[pixel & 0xFF]++;
      }
      return new int[][] {gray};
    }
    int[] red = new int[COUNT];
    int[] green = new int[COUNT];
    int[] blue = new int[COUNT];
    for (int i = 0; i < pixels.length; i += 3) {
      red[pixels[i] & 0xFF]++;
      green[pixels[i + 1] & 0xFF]++;
      blue[pixels[i + 2] & 0xFF]++;
    }
    return new int[][] {red, green, blue};
  }
}
