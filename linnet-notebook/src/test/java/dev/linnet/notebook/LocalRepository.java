package dev.linnet.notebook;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.recipe.Training;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The local repository of Maven as it is after {@code mvn install}: links to what the build
 * fetched, and Linnet as it was just compiled. So nobody has to install it to test it.
 */
final class LocalRepository {
  private LocalRepository() {}

  /** Makes it in an empty folder. */
  static void create(Path folder) throws IOException {
    Path fetched = fetched();
    link(fetched, folder, List.of("dev"));
    link(fetched.resolve("dev"), folder.resolve("dev"), List.of("linnet"));
    String version = version();
    Path root = Notebook.root();
    pom(folder, "linnet", version, root.resolve("pom.xml"));
    pom(folder, "linnet-core", version, root.resolve("linnet-core/pom.xml"));
    pom(folder, "linnet-notebook", version, root.resolve("linnet-notebook/pom.xml"));
    jar(folder, "linnet-core", version, place(Training.class));
    jar(folder, "linnet-notebook", version, place(NotebookExtension.class));
  }

  /** The version in the root's pom. */
  static String version() throws IOException {
    String pom = Files.readString(Notebook.root().resolve("pom.xml"));
    return pom.replaceFirst("(?s).*?<version>(.*?)</version>.*", "$1");
  }

  /** The repository that a library on the class path lies in. */
  private static Path fetched() {
    Path place = place(ObjectMapper.class);
    while (!place.endsWith("com/fasterxml")) {
      place = place.getParent();
      if (place == null) {
        throw new IllegalStateException("the class path is not of a Maven repository");
      }
    }
    return place.resolve("../..").normalize();
  }

  private static Path place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void link(Path from, Path to, List<String> except) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> parts = Files.list(from)) {
      for (Path part : parts.toList()) {
        Path link = to.resolve(from.relativize(part));
        if (!except.contains(link.getFileName().toString())) {
          Files.createSymbolicLink(link, part);
        }
      }
    }
  }

  private static Path at(Path folder, String artifact, String version, String kind)
      throws IOException {
    Path place = folder.resolve("dev/linnet").resolve(artifact).resolve(version);
    Files.createDirectories(place);
    return place.resolve(artifact + "-" + version + kind);
  }

  private static void pom(Path folder, String artifact, String version, Path pom)
      throws IOException {
    Files.copy(pom, at(folder, artifact, version, ".pom"));
  }

  /** Takes a jar over, or packs a folder of classes. */
  private static void jar(Path folder, String artifact, String version, Path from)
      throws IOException {
    Path jar = at(folder, artifact, version, ".jar");
    if (Files.isRegularFile(from)) {
      Files.copy(from, jar);
      return;
    }
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream packed = new JarOutputStream(file);
        Stream<Path> all = Files.walk(from)) {
      for (Path part : all.filter(Files::isRegularFile).toList()) {
        packed.putNextEntry(new JarEntry(from.relativize(part).toString().replace('\\', '/')));
        Files.copy(part, packed);
      }
    }
  }
}
