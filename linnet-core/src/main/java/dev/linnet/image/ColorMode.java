package dev.linnet.image;

/** What a decoded picture's channels mean. */
public enum ColorMode {
  /** Three channels: red, green, blue. */
  RGB(3),
  /** One channel: luminance, as Pillow's {@code convert("L")} weighs it (ITU-R 601-2). */
  GRAY(1);

  private final int channels;

  ColorMode(int channels) {
    this.channels = channels;
  }

  /** Number of channels, 3 or 1. */
  public int channels() {
    return channels;
  }
}
