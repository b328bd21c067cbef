package dev.linnet.cli;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small pictures on disk: noise, dark in the class "dark" and bright in the class "bright". */
final class Pictures {
  private static final int SIDE = 16;

  private Pictures() {}

  /** Writes class folders with so many pictures each. */
  static Path folders(Path root, int each) {
    for (int i = 0; i < each; i++) {
      write(root.resolve("dark").resolve("d" + i + ".png"), 0, i);
      write(root.resolve("bright").resolve("b" + i + ".png"), 150, 1000 + i);
    }
    return root;
  }

  /** Writes one picture whose levels begin at the given one. */
  static Path write(Path file, int level, int seed) {
    RandomState random = RandomState.of(seed);
    byte[] pixels = new byte[SIDE * SIDE * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (level + random.nextInt(100));
    }
    try {
      Files.createDirectories(file.getParent());
      return Files.write(file, PngWriter.write(Picture.of(ImageSize.square(SIDE), 3, pixels)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
