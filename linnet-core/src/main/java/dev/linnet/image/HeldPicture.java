package dev.linnet.image;

import dev.linnet.base.Check;
import java.nio.ByteBuffer;

/**
 * A decoded picture outside the Java heap, in memory or in a file that is mapped into it; perhaps a
 * JPEG decoded at a part of its size. Operators take what they need of it to where they work.
 *
 * <p>Immutable, as long as nobody writes into its memory; any thread.
 */
public final class HeldPicture {
  private final ByteBuffer pixels; // [H, W, C]
  private final ImageSize whole;
  private final int denominator;
  private final int channels;
  private final Memory memory;

  /** What becomes of the memory in which a picture lies. */
  public enum Memory {
    /** Nobody takes it away while the buffer is held: OpenCV reads it where it is. */
    STAYS,
    /** The file behind it may be cut short by somebody else: it is read by the JVM alone. */
    MAPPED
  }

  private HeldPicture(
      ByteBuffer pixels, ImageSize whole, int denominator, int channels, Memory memory) {
    this.pixels = pixels;
    this.whole = whole;
    this.denominator = denominator;
    this.channels = channels;
    this.memory = memory;
  }

  /**
   * A picture whose pixels lie in a buffer outside the heap, all of it: [H, W, C].
   *
   * @param whole the picture's size, were it not decoded at a part of it
   * @param denominator that part: both sides are ⌈side / denominator⌉ pixels, 1 or more
   * @param channels 1 or 3
   * @throws IllegalArgumentException if the buffer has not exactly that length, or is of the heap
   */
  public static HeldPicture of(
      ByteBuffer pixels, ImageSize whole, int denominator, int channels, Memory memory) {
    Check.that(channels == 1 || channels == 3, "channels", channels, "1 or 3");
    Check.that(denominator >= 1, "denominator", denominator, "at least 1");
    ImageSize size = whole.dividedBy(denominator);
    if (pixels.remaining() != size.area() * channels) {
      throw new IllegalArgumentException(
          "pixels: got %d bytes; %s with %d channels has %d"
              .formatted(pixels.remaining(), size, channels, size.area() * channels));
    }
    if (!pixels.isDirect()) {
      throw new IllegalArgumentException("pixels: got a buffer of the heap; must be outside it");
    }
    return new HeldPicture(pixels.slice().asReadOnlyBuffer(), whole, denominator, channels, memory);
  }

  /** Height and width of what is held. */
  public ImageSize size() {
    return whole.dividedBy(denominator);
  }

  /** Height and width of the picture, were it not decoded at a part of its size. */
  public ImageSize whole() {
    return whole;
  }

  /** The part of its size at which the picture was decoded: 1, 2, 4 or 8. */
  public int denominator() {
    return denominator;
  }

  /** 1 (grey) or 3 (red, green, blue). */
  public int channels() {
    return channels;
  }

  /** A copy on the heap. */
  public Picture toPicture() {
    byte[] copy = new byte[pixels.capacity()];
    pixels.get(0, copy);
    return Picture.wrap(size(), channels, copy);
  }

  /** A part, which must lie inside, where OpenCV works; only to be read. */
  NativePicture part(Box part) {
    if (memory == Memory.STAYS) {
      try (NativePicture all = NativePicture.at(pixels, size(), channels)) {
        return all.part(part);
      }
    }
    NativePicture copy = NativePicture.empty(part.size(), channels);
    int width = size().width();
    copy.fill(
        (target, row, length) -> {
          int from = ((part.top() + row) * width + part.left()) * channels;
          target.put(row * length, pixels, from, length);
        });
    return copy;
  }

  @Override
  public String toString() {
    return "HeldPicture " + size() + "x" + channels;
  }
}
