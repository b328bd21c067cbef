package dev.linnet.image;

import dev.linnet.base.Check;
import java.nio.ByteBuffer;

/**
 * A decoded picture outside the Java heap, in memory or in a file that is mapped into it. Operators
 * copy what they need of it to where they work.
 *
 * <p>Immutable, as long as nobody writes into its memory; any thread.
 */
public final class HeldPicture {
  private final ByteBuffer pixels; // [H, W, C]
  private final ImageSize size;
  private final int channels;

  private HeldPicture(ByteBuffer pixels, ImageSize size, int channels) {
    this.pixels = pixels;
    this.size = size;
    this.channels = channels;
  }

  /**
   * A picture whose pixels lie in a buffer, all of it: [H, W, C].
   *
   * @param channels 1 or 3
   * @throws IllegalArgumentException if the buffer has not exactly that length
   */
  public static HeldPicture of(ByteBuffer pixels, ImageSize size, int channels) {
    Check.that(channels == 1 || channels == 3, "channels", channels, "1 or 3");
    if (pixels.remaining() != size.area() * channels) {
      throw new IllegalArgumentException(
          "pixels: got %d bytes; %s with %d channels has %d"
              .formatted(pixels.remaining(), size, channels, size.area() * channels));
    }
    return new HeldPicture(pixels.slice().asReadOnlyBuffer(), size, channels);
  }

  /** Height and width. */
  public ImageSize size() {
    return size;
  }

  /** 1 (grey) or 3 (red, green, blue). */
  public int channels() {
    return channels;
  }

  /** A copy on the heap. */
  public Picture toPicture() {
    byte[] copy = new byte[pixels.capacity()];
    pixels.get(0, copy);
    return Picture.wrap(size, channels, copy);
  }

  /** A copy of a part, which must lie inside, where OpenCV works. */
  NativePicture part(Box part) {
    NativePicture copy = NativePicture.empty(part.size(), channels);
    copy.fill(
        (target, row, length) -> {
          int from = ((part.top() + row) * size.width() + part.left()) * channels;
          target.put(row * length, pixels, from, length);
        });
    return copy;
  }

  @Override
  public String toString() {
    return "HeldPicture " + size + "x" + channels;
  }
}
