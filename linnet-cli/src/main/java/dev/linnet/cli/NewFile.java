package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Names for results: nothing that exists is overwritten. */
final class NewFile {
  private NewFile() {}

  /**
   * The file to write.
   *
   * @param explicit what {@code --out} names
   * @param folder of the default name
   * @param stem of the default name, such as {@code preview}
   * @param ending of the default name, such as {@code .png}
   * @throws LinnetException if the explicit file exists
   */
  static Path at(@Nullable Path explicit, Path folder, String stem, String ending) {
    if (explicit != null) {
      return explicit("--out", explicit);
    }
    Path file = folder.resolve(stem + ending);
    for (int i = 2; Files.exists(file); i++) {
      file = folder.resolve(stem + "-" + i + ending);
    }
    return file;
  }

  /**
   * The file that an option names.
   *
   * @throws LinnetException if it exists
   */
  static Path explicit(String option, Path file) {
    if (Files.exists(file)) {
      throw new LinnetException(
          "%s: %s exists already; choose another name".formatted(option, file));
    }
    return file;
  }
}
