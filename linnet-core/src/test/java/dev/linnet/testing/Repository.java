package dev.linnet.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** The root of this repository, for tests that read its documents. */
public final class Repository {
  private Repository() {}

  /** A file of the repository, such as {@code Repository.path("docs/api.txt")}. */
  public static Path path(String name) {
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      if (Files.isRegularFile(p.resolve("CONTRIBUTING.md"))
          && Files.isRegularFile(p.resolve("pom.xml"))) {
        return p.resolve(name);
      }
    }
    throw new IllegalStateException(
        "not started inside the repository: " + Path.of("").toAbsolutePath());
  }
}
