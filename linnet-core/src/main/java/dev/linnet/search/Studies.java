package dev.linnet.search;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.base.internal.FileHeader;
import dev.linnet.recipe.Recipes;
import dev.linnet.recipe.TypedYaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The studies in the jar, {@code studies/NAME.yaml}, and those in files. */
public final class Studies {
  /** Every study in the jar; a test compares it with the folder. */
  static final List<String> NAMES =
      List.of(
          "bag-of-tricks",
          "mixing",
          "augmentation",
          "operators",
          "tricks",
          "schedules",
          "losses",
          "similarity",
          "precision",
          "fusion",
          "optimizers",
          "optimizer-rates",
          "optimizers-more",
          "distillation",
          "drop-block",
          "shake-drop",
          "transfer");

  private static final String DEFAULTS =
      "{base: plain, set: {}, seeds: [0, 1, 2], design: one-by-one, reference: none}";

  private static final TypedYaml<Study> YAML = TypedYaml.of(Study.class, "study", DEFAULTS);

  private Studies() {}

  /**
   * A study in the jar, by what its file opens with.
   *
   * @param name what {@code --study} takes
   * @param summary one line
   * @param source paper or code that it follows
   * @param command what runs it
   * @param time how long that takes, or "not measured"
   */
  public record Listed(String name, String summary, String source, String command, String time) {}

  /** The studies in the jar. */
  public static List<Listed> all() {
    return NAMES.stream().map(Studies::listed).toList();
  }

  /** Their names. */
  public static List<String> names() {
    return NAMES;
  }

  private static Listed listed(String name) {
    FileHeader header = FileHeader.of(name + ".yaml", resource(name));
    return new Listed(
        name, header.summary(), header.get("Source"), header.get("Command"), header.get("Time"));
  }

  /**
   * The text of a study's file, such as a person may copy and change.
   *
   * @param nameOrFile the name of a study in the jar, or the path of a YAML file
   * @throws LinnetException if there is none
   */
  public static String text(String nameOrFile) {
    if (NAMES.contains(nameOrFile)) {
      return resource(nameOrFile);
    }
    Path file = file(nameOrFile);
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new LinnetException(file + ": cannot be read as text in UTF-8", e);
    }
  }

  /**
   * Reads a study.
   *
   * @param nameOrFile the name of a study in the jar, or the path of a YAML file
   * @param seeds in the place of the study's own, such as {@code 0,1,2}; empty: those
   * @throws dev.linnet.recipe.RecipeException with all that is wrong
   * @throws LinnetException if there is none
   */
  public static Study read(String nameOrFile, Optional<String> seeds) {
    Map<String, String> options = new LinkedHashMap<>();
    seeds.ifPresent(list -> options.put("seeds", "[" + list + "]"));
    return NAMES.contains(nameOrFile)
        ? YAML.read("study " + nameOrFile, resource(nameOrFile), options)
        : located(file(nameOrFile), YAML.read(file(nameOrFile), options));
  }

  /** A study whose base is a file beside it, as seen from where the program was started. */
  private static Study located(Path file, Study study) {
    boolean isPreset =
        Recipes.presets().stream().anyMatch(preset -> preset.name().equals(study.base()));
    try {
      Path base = file.resolveSibling(study.base());
      return isPreset || !Files.isRegularFile(base) ? study : study.withBase(base.toString());
    } catch (InvalidPathException e) {
      return study; // no file has such a name, as the recipe's reader will say
    }
  }

  /** A study as YAML that reads back equal. */
  static String write(Study study) {
    return YAML.write(study);
  }

  private static Path file(String nameOrFile) {
    Check.that(
        isFile(nameOrFile),
        "--study",
        '"' + nameOrFile + '"',
        "a file or the name of a study; "
            + Nearest.didYouMean(nameOrFile, NAMES, "studies: " + String.join(", ", NAMES)));
    return Path.of(nameOrFile);
  }

  private static boolean isFile(String name) {
    try {
      return Files.isRegularFile(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static String resource(String name) {
    String resource = "studies/" + name + ".yaml";
    try (InputStream in = Studies.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
