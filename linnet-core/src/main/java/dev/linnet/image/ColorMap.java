package dev.linnet.image;

import org.bytedeco.opencv.global.opencv_imgproc;

/** Colors for numbers from 0 to 1, in 256 steps, as matplotlib and OpenCV have them. */
public enum ColorMap {
  /** From black over purple and orange to light yellow; equal steps look equal. */
  INFERNO(opencv_imgproc.COLORMAP_INFERNO),
  /** From dark blue over green to yellow; equal steps look equal, also to the color-blind. */
  VIRIDIS(opencv_imgproc.COLORMAP_VIRIDIS),
  /** A rainbow whose lightness rises and falls; more colors, but it is darkest at both ends. */
  TURBO(opencv_imgproc.COLORMAP_TURBO);

  /** The number of colors. */
  static final int STEPS = 256;

  private final int number;

  ColorMap(int number) {
    this.number = number;
  }

  /**
   * Numbers as a picture in color.
   *
   * @param values row after row; below 0 is drawn as 0, above 1 as 1
   */
  public Picture draw(float[] values, ImageSize size) {
    byte[] table = OpenCv.colorMap(number);
    byte[] pixels = new byte[Math.multiplyExact(values.length, 3)];
    for (int i = 0; i < values.length; i++) {
      int step = Math.round(Math.max(0, Math.min(1, values[i])) * (STEPS - 1));
      System.arraycopy(table, 3 * step, pixels, 3 * i, 3);
    }
    return Picture.wrap(size, 3, pixels);
  }

  /**
   * A picture with numbers in color laid over it.
   *
   * @param values as {@link #draw}, of the picture's size
   * @param share of the colors, in [0, 1]
   * @return with three channels
   */
  public Picture over(Picture picture, float[] values, double share) {
    byte[] below = picture.rgb().raw();
    byte[] above = draw(values, picture.size()).raw();
    byte[] pixels = new byte[below.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) Math.round((1 - share) * (below[i] & 0xFF) + share * (above[i] & 0xFF));
    }
    return Picture.wrap(picture.size(), 3, pixels);
  }
}
