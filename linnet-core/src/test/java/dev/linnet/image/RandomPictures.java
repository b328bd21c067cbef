package dev.linnet.image;

import dev.linnet.base.RandomState;

/** Pictures drawn from a seed. */
final class RandomPictures {
  private RandomPictures() {}

  /** Noise: every level of every pixel is drawn on its own. */
  static Picture noise(ImageSize size, int channels, RandomState random) {
    byte[] pixels = new byte[(int) size.area() * channels];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt();
    }
    return Picture.of(size, channels, pixels);
  }

  /** Sides of 1 to {@code most} pixels. */
  static ImageSize size(int most, RandomState random) {
    return new ImageSize(1 + random.nextInt(most), 1 + random.nextInt(most));
  }
}
