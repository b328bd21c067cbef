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
   * @param stem of the default name in the working directory, such as {@code preview}
   * @param ending of the default name, such as {@code .png}
   * @throws LinnetException if the explicit file exists
   */
  static Path at(@Nullable Path explicit, String stem, String ending) {
    if (explicit != null) {
      if (Files.exists(explicit)) {
        throw new LinnetException(
            "--out: %s exists already; choose another name".formatted(explicit));
      }
      return explicit;
    }
    Path file = Path.of(stem + ending);
    for (int i = 2; Files.exists(file); i++) {
      file = Path.of(stem + "-" + i + ending);
    }
    return file;
  }
}
