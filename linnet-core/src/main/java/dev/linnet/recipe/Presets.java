package dev.linnet.recipe;

import dev.linnet.recipe.Tree.Entries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The recipes in the jar: {@code presets/NAME.yaml}. */
final class Presets {
  /** What every recipe builds on; it holds a value for each key that every run has. */
  static final String PLAIN = "plain";

  /** The one for weights to start from, whose rate is not that of training from scratch. */
  static final String TRANSFER = "transfer";

  /** Every preset; a test compares it with the folder. */
  static final List<String> NAMES =
      List.of(
          PLAIN,
          "quick",
          "auto",
          "similarity",
          "fast",
          TRANSFER,
          "bag-of-tricks",
          "cutmix",
          "torchvision-v2",
          "rsb-a1",
          "rsb-a2",
          "rsb-a3",
          "cifar");

  /** The form of a whole recipe. */
  static final Section FORM = new Section(Recipe.class, "");

  private static final Entries GROUND = tree(PLAIN);

  private Presets() {}

  /** The text of a preset. */
  static String text(String name) {
    String resource = "presets/" + name + ".yaml";
    try (InputStream in = Presets.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A preset as it is written, with {@code extends}. */
  static Entries tree(String name) {
    Problems problems = new Problems();
    InputStream in = new ByteArrayInputStream(text(name).getBytes(StandardCharsets.UTF_8));
    try {
      Entries tree = YamlFile.read("preset " + name, in, problems).orElse(null);
      problems.throwIfAny();
      if (tree == null) {
        throw new IllegalStateException("preset " + name + " is empty");
      }
      return tree;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The tree of {@code plain}. */
  static Entries ground() {
    return GROUND;
  }
}
