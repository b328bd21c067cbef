package dev.linnet.image;

import java.util.Arrays;

/** Which source pixels make each target pixel along one axis, and with what weights. */
final class Taps {
  private static final int PRECISION = 32 - 8 - 2;
  private static final int HALF = 1 << (PRECISION - 1);

  private final int count;
  private final int width; // of the table of weights
  private final int[] starts;
  private final int[] lengths;
  private final int[] weights;

  private Taps(int count, int width) {
    this.count = count;
    this.width = width;
    starts = new int[count];
    lengths = new int[count];
    weights = new int[Math.multiplyExact(count, width)];
  }

  /**
   * {@code precompute_coeffs} and {@code normalize_coeffs_8bpc} of Pillow.
   *
   * @param limit number of source pixels
   * @param low where the part that is resized begins, in source pixels
   * @param high where it ends
   * @param count number of target pixels
   */
  static Taps of(Filter filter, int limit, float low, float high, int count) {
    double scale = (double) (high - low) / count;
    double filterScale = Math.max(scale, 1);
    double support = filter.support() * filterScale;
    Taps taps = new Taps(count, (int) Math.ceil(support) * 2 + 1);
    double[] exact = new double[taps.width];
    double step = 1 / filterScale;
    for (int i = 0; i < count; i++) {
      double center = low + (i + 0.5) * scale;
      int start = Math.max(0, (int) (center - support + 0.5));
      int length = Math.min(limit, (int) (center + support + 0.5)) - start;
      double sum = 0;
      for (int k = 0; k < length; k++) {
        exact[k] = filter.weight((k + start - center + 0.5) * step);
        sum += exact[k];
      }
      taps.starts[i] = start;
      taps.lengths[i] = length;
      for (int k = 0; k < length; k++) {
        double weight = (sum == 0 ? exact[k] : exact[k] / sum) * (1 << PRECISION);
        taps.weights[i * taps.width + k] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
    }
    return taps;
  }

  /** The first source pixel that is used. */
  int first() {
    return starts[0];
  }

  /** The source pixel after the last that is used. */
  int end() {
    return starts[count - 1] + lengths[count - 1];
  }

  /** One row of three channels, from and to the given offsets. */
  void alongRgb(byte[] source, int from, byte[] target, int to) {
    int out = to;
    for (int i = 0; i < count; i++) {
      int r = HALF;
      int g = HALF;
      int b = HALF;
      int at = from + 3 * starts[i];
      int k = i * width;
      for (int end = k + lengths[i]; k < end; k++, at += 3) {
        int weight = weights[k];
        r += weight * (source[at] & 0xFF);
        g += weight * (source[at + 1] & 0xFF);
        b += weight * (source[at + 2] & 0xFF);
      }
      target[out] = clip(r);
      target[out + 1] = clip(g);
      target[out + 2] = clip(b);
      out += 3;
    }
  }

  /** One row of one channel, from and to the given offsets. */
  void alongGray(byte[] source, int from, byte[] target, int to) {
    for (int i = 0; i < count; i++) {
      int sum = HALF;
      int at = from + starts[i];
      int k = i * width;
      for (int end = k + lengths[i]; k < end; k++, at++) {
        sum += weights[k] * (source[at] & 0xFF);
      }
      target[to + i] = clip(sum);
    }
  }

  /**
   * All rows, each being a weighted sum of source rows.
   *
   * @param firstRow the picture's row that stands at the source's beginning
   * @param rowBytes bytes in a row
   */
  byte[] across(byte[] source, int firstRow, int rowBytes) {
    byte[] target = new byte[Math.multiplyExact(count, rowBytes)];
    int[] sums = new int[rowBytes];
    for (int i = 0; i < count; i++) {
      Arrays.fill(sums, HALF);
      for (int k = 0; k < lengths[i]; k++) {
        int weight = weights[i * width + k];
        int from = (starts[i] - firstRow + k) * rowBytes;
        for (int j = 0; j < rowBytes; j++) {
          sums[j] += weight * (source[from + j] & 0xFF);
        }
      }
      int to = i * rowBytes;
      for (int j = 0; j < rowBytes; j++) {
        target[to + j] = clip(sums[j]);
      }
    }
    return target;
  }

  private static byte clip(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
  }
}
