package dev.linnet.image;

/**
 * Pillow's {@code GaussianBlur}: three box blurs along each axis, whose outermost pixels count by a
 * fraction (Gwosdek et al., SSVM 2011, eqs. 7, 11, 14; Pillow 13, {@code BoxBlur.c}).
 *
 * <p>Any thread.
 */
final class BoxBlur {
  private static final int PASSES = 3;
  private static final int HALF = 1 << 23;

  private final int radius;
  private final int whole; // weight of a pixel inside, of 2²⁴
  private final int part; // weight of the two pixels at the ends

  private BoxBlur(float radius) {
    this.radius = (int) radius;
    this.whole = (int) ((1 << 24) / (radius * 2 + 1));
    this.part = ((1 << 24) - (this.radius * 2 + 1) * whole) / 2;
  }

  static Picture gaussian(Picture picture, double radius) {
    float box = boxRadius((float) radius);
    if (box == 0) {
      return picture;
    }
    BoxBlur blur = new BoxBlur(box);
    int rowBytes = picture.width() * picture.channels();
    byte[] from = picture.raw().clone();
    byte[] to = new byte[from.length];
    for (int pass = 0; pass < PASSES; pass++) {
      blur.alongRows(from, to, rowBytes, picture.channels());
      byte[] swap = from;
      from = to;
      to = swap;
    }
    for (int pass = 0; pass < PASSES; pass++) {
      blur.alongColumns(from, to, rowBytes);
      byte[] swap = from;
      from = to;
      to = swap;
    }
    return Picture.wrap(picture.size(), picture.channels(), from);
  }

  private static float boxRadius(float radius) {
    float variance = radius * radius / PASSES;
    float length = (float) Math.sqrt(12.0 * variance + 1.0);
    float whole = (float) Math.floor((length - 1.0) / 2.0);
    float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
    part /= 6 * (variance - (whole + 1) * (whole + 1));
    return whole + part;
  }

  private void alongRows(byte[] from, byte[] to, int rowBytes, int channels) {
    int last = rowBytes / channels - 1;
    for (int start = 0; start < from.length; start += rowBytes) {
      for (int c = 0; c < channels; c++) {
        int at = start + c;
        int sum = 0;
        for (int x = -radius - 1; x < radius; x++) {
          sum += from[at + clamp(x, last) * channels] & 0xFF;
        }
        for (int x = 0; x <= last; x++) {
          int before = from[at + clamp(x - radius - 1, last) * channels] & 0xFF;
          int after = from[at + clamp(x + radius + 1, last) * channels] & 0xFF;
          sum += (from[at + clamp(x + radius, last) * channels] & 0xFF) - before;
          to[at + x * channels] = (byte) ((sum * whole + (before + after) * part + HALF) >>> 24);
        }
      }
    }
  }

  private void alongColumns(byte[] from, byte[] to, int rowBytes) {
    int last = from.length / rowBytes - 1;
    int[] sums = new int[rowBytes];
    for (int y = -radius - 1; y < radius; y++) {
      int row = clamp(y, last) * rowBytes;
      for (int i = 0; i < rowBytes; i++) {
        sums[i] += from[row + i] & 0xFF;
      }
    }
    for (int y = 0; y <= last; y++) {
      int before = clamp(y - radius - 1, last) * rowBytes;
      int after = clamp(y + radius + 1, last) * rowBytes;
      int added = clamp(y + radius, last) * rowBytes;
      int row = y * rowBytes;
      for (int i = 0; i < rowBytes; i++) {
        int left = from[before + i] & 0xFF;
        sums[i] += (from[added + i] & 0xFF) - left;
        int ends = left + (from[after + i] & 0xFF);
        to[row + i] = (byte) ((sums[i] * whole + ends * part + HALF) >>> 24);
      }
    }
  }

  private static int clamp(int index, int last) {
    return Math.max(0, Math.min(last, index));
  }
}
