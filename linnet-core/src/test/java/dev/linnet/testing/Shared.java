package dev.linnet.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of data and reference values that lies beside the repository and is not part of it:
 * the system property {@code linnet.shared}, else the nearest folder {@code shared} with a {@code
 * DESIGN.md} beside the working directory or one of its parents.
 */
public final class Shared {
  private Shared() {}

  /** The folder, or empty where there is none. */
  public static Optional<Path> find() {
    String named = System.getProperty("linnet.shared");
    if (named != null) {
      return Optional.of(Path.of(named)).filter(Files::isDirectory);
    }
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      Path folder = p.resolve("shared");
      if (Files.isRegularFile(folder.resolve("DESIGN.md"))) {
        return Optional.of(folder);
      }
    }
    return Optional.empty();
  }

  /**
   * A file or folder in it, such as {@code Shared.path("data/hymenoptera")}. Skips the test, with a
   * line that says why, where it is missing.
   */
  public static Path path(String name) {
    Optional<Path> path = find().map(folder -> folder.resolve(name)).filter(Files::exists);
    Assumptions.assumeTrue(
        path.isPresent(),
        () -> "skipped: no ../shared/" + name + "; -Dlinnet.shared= says where it lies");
    return path.orElseThrow();
  }
}
