package dev.linnet.image;

import dev.linnet.base.Check;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A picture of {@code uint8} pixels on the Java heap, interleaved: [H, W, C], C being 1 (grey) or 3
 * (red, green, blue).
 *
 * <p>Immutable; any thread. Its operators return new pictures and equal Pillow's.
 */
public final class Picture {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final ImageSize size;
  private final int channels;
  private final byte[] pixels;

  private Picture(ImageSize size, int channels, byte[] pixels) {
    Check.that(channels == 1 || channels == 3, "channels", channels, "1 or 3");
    if (pixels.length != size.area() * channels) {
      throw new IllegalArgumentException(
          "pixels: got %d bytes; %s with %d channels has %d"
              .formatted(pixels.length, size, channels, size.area() * channels));
    }
    this.size = size;
    this.channels = channels;
    this.pixels = pixels;
  }

  /**
   * A picture of the given pixels, which are copied.
   *
   * @param channels 1 or 3
   * @param pixels [H, W, C], of exactly that length
   */
  public static Picture of(ImageSize size, int channels, byte[] pixels) {
    return new Picture(size, channels, pixels.clone());
  }

  /** A picture of one color: one level for each channel, in [0, 255]. */
  public static Picture filled(ImageSize size, int... color) {
    byte[] pixels = new byte[Math.toIntExact(size.area() * color.length)];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) color[i % color.length];
    }
    return new Picture(size, color.length, pixels);
  }

  /** A picture that takes the array as its own; the caller lets go of it. */
  static Picture wrap(ImageSize size, int channels, byte[] pixels) {
    return new Picture(size, channels, pixels);
  }

  /** Height and width. */
  public ImageSize size() {
    return size;
  }

  /** Number of rows. */
  public int height() {
    return size.height();
  }

  /** Number of columns. */
  public int width() {
    return size.width();
  }

  /** 1 (grey) or 3 (red, green, blue). */
  public int channels() {
    return channels;
  }

  /** Number of bytes: height · width · channels. */
  public int byteCount() {
    return pixels.length;
  }

  /** A copy of the pixels, [H, W, C]. */
  public byte[] pixels() {
    return pixels.clone();
  }

  /** The pixels themselves, not to be changed. */
  byte[] raw() {
    return pixels;
  }

  /** The level of one channel of one pixel, in [0, 255]. */
  public int level(int row, int column, int channel) {
    return pixels[(row * width() + column) * channels + channel] & 0xFF;
  }

  /** Writes the pixels, [H, W, C], into an array from an offset on. */
  public void copyTo(byte[] target, int offset) {
    System.arraycopy(pixels, 0, target, offset, pixels.length);
  }

  /** Writes the pixels, [H, W, C], at the buffer's position, which moves behind them. */
  public void copyTo(ByteBuffer target) {
    target.put(pixels);
  }

  /** A part of this picture; what the box has outside it is filled with 0. */
  public Picture crop(Box box) {
    if (box.equals(Box.all(size))) {
      return this;
    }
    int rowBytes = Math.multiplyExact(box.size().width(), channels);
    byte[] result = new byte[Math.multiplyExact(box.size().height(), rowBytes)];
    int left = Math.max(0, box.left());
    int right = Math.min(width(), box.right());
    int bottom = Math.min(height(), box.bottom());
    if (left < right) {
      for (int row = Math.max(0, box.top()); row < bottom; row++) {
        System.arraycopy(
            pixels,
            (row * width() + left) * channels,
            result,
            (row - box.top()) * rowBytes + (left - box.left()) * channels,
            (right - left) * channels);
      }
    }
    return wrap(box.size(), channels, result);
  }

  /**
   * The middle of this picture, as torchvision's {@code center_crop}: a picture that is too small
   * is first padded with 0, the odd pixel right and below; the corner is rounded half to even.
   */
  public Picture centerCrop(ImageSize target) {
    return crop(
        new Box(
            centerStart(height(), target.height()), centerStart(width(), target.width()), target));
  }

  /** Where the middle of a side begins; negative where it is padded. */
  static int centerStart(int side, int target) {
    return side < target ? -((target - side) / 2) : (int) Math.rint((side - target) / 2.0);
  }

  /** This picture with a border of 0 on all four sides. */
  public Picture pad(int border) {
    Check.that(border >= 0, "padding", border, "at least 0");
    return crop(
        new Box(-border, -border, new ImageSize(height() + 2 * border, width() + 2 * border)));
  }

  /**
   * This picture with the edge of a box drawn into it, inward from the box's border; what lies
   * outside the picture is not drawn. A grey picture becomes one of color.
   *
   * @param color red, green and blue, in [0, 255]
   * @param thickness in pixels, at least 1
   */
  public Picture outlined(Box box, List<Integer> color, int thickness) {
    Check.that(thickness >= 1, "thickness", thickness, "at least 1");
    Check.that(color.size() == 3, "color", color, "three levels in [0, 255]");
    byte[] result = rgb().pixels();
    int right = Math.min(width(), box.right());
    int bottom = Math.min(height(), box.bottom());
    for (int row = Math.max(0, box.top()); row < bottom; row++) {
      boolean isEdge = row < box.top() + thickness || row >= box.bottom() - thickness;
      for (int column = Math.max(0, box.left()); column < right; column++) {
        if (isEdge || column < box.left() + thickness || column >= box.right() - thickness) {
          for (int c = 0; c < 3; c++) {
            result[(row * width() + column) * 3 + c] = color.get(c).byteValue();
          }
        }
      }
    }
    return wrap(size, 3, result);
  }

  /** This picture mirrored, left to right. */
  public Picture flipHorizontal() {
    byte[] result = new byte[pixels.length];
    int rowBytes = width() * channels;
    for (int start = 0; start < pixels.length; start += rowBytes) {
      if (channels == 3) {
        mirrorRgb(pixels, result, start, start + rowBytes);
      } else {
        mirrorGray(pixels, result, start, start + rowBytes);
      }
    }
    return wrap(size, channels, result);
  }

  /** An int a pixel, whose fourth byte the next pixel overwrites; the last one byte by byte. */
  private static void mirrorRgb(byte[] source, byte[] target, int start, int end) {
    int last = end - 3;
    int from = last - 3;
    if (start < last) { // the last pixel of the source may be that of the array
      target[start] = source[last];
      target[start + 1] = source[last + 1];
      target[start + 2] = source[last + 2];
    }
    for (int to = start + 3; to < last; to += 3, from -= 3) {
      INTS.set(target, to, (int) INTS.get(source, from));
    }
    target[last] = source[start];
    target[last + 1] = source[start + 1];
    target[last + 2] = source[start + 2];
  }

  private static void mirrorGray(byte[] source, byte[] target, int start, int end) {
    for (int to = start, from = end - 1; to < end; to++, from--) {
      target[to] = source[from];
    }
  }

  /** The luminance of this picture, one channel: Pillow's {@code convert("L")}. */
  public Picture gray() {
    if (channels == 1) {
      return this;
    }
    byte[] result = new byte[pixels.length / 3];
    for (int i = 0, from = 0; i < result.length; i++, from += 3) {
      result[i] =
          (byte) luminance(pixels[from] & 0xFF, pixels[from + 1] & 0xFF, pixels[from + 2] & 0xFF);
    }
    return wrap(size, 1, result);
  }

  /** The luminance of a color, as {@link #gray} has it. */
  static int luminance(int red, int green, int blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >>> 16;
  }

  /** This picture with three channels; a grey one gets the same level in each. */
  public Picture rgb() {
    if (channels == 3) {
      return this;
    }
    byte[] result = new byte[Math.multiplyExact(pixels.length, 3)];
    for (int i = 0, to = 0; i < pixels.length; i++, to += 3) {
      result[to] = pixels[i];
      result[to + 1] = pixels[i];
      result[to + 2] = pixels[i];
    }
    return wrap(size, 3, result);
  }

  /** Same size, channels and pixels. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Picture picture
        && size.equals(picture.size)
        && channels == picture.channels
        && Arrays.equals(pixels, picture.pixels);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(pixels) * 31 + size.hashCode();
  }

  @Override
  public String toString() {
    return "Picture " + size + "x" + channels;
  }
}
