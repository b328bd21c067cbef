package dev.linnet.recipe;

import dev.linnet.base.AtomicFile;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Files other than recipes that are read as recipes are: the components of a record are the keys,
 * everything that is wrong is said at once, each with its line. A component of type {@link
 * RecipePart} holds keys of a recipe.
 *
 * <p>Immutable; any thread.
 *
 * @param <R> what a file becomes
 */
public final class TypedYaml<R extends Record> {
  private final Class<R> type;
  private final String noun;
  private final Section form;
  private final Entries defaults;

  private TypedYaml(Class<R> type, String noun, String defaults) {
    this.type = type;
    this.noun = noun;
    this.form = new Section(type, "");
    Problems problems = new Problems();
    try {
      this.defaults =
          YamlFile.read("defaults", noun, bytes(defaults), problems)
              .orElseThrow(() -> new IllegalArgumentException("no mapping: " + defaults));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a text in memory can always be read
    }
    problems.throwIfAny();
  }

  /**
   * A reader of files.
   *
   * @param type the record whose components are the keys, each with its {@code @About}
   * @param noun what such a file is called in messages, such as {@code study}
   * @param defaults as YAML: the keys that a file may leave out
   */
  public static <R extends Record> TypedYaml<R> of(Class<R> type, String noun, String defaults) {
    return new TypedYaml<>(type, noun, defaults);
  }

  /**
   * Reads a text.
   *
   * @param source what messages call it
   * @param options values of keys that are laid over it, such as {@code epochs} to {@code 8}
   * @throws RecipeException with all that is wrong
   */
  public R read(String source, String text, Map<String, String> options) {
    try {
      return read(source, bytes(text), options);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a text in memory can always be read
    }
  }

  /**
   * Reads a file.
   *
   * @param options values of keys that are laid over it, such as {@code epochs} to {@code 8}
   * @throws RecipeException with all that is wrong
   */
  public R read(Path file, Map<String, String> options) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(Lines.oneLine(file.toString()), in, options);
    } catch (IOException e) {
      String name = Lines.oneLine(file.toString());
      throw new RecipeException(List.of(name + ": cannot be read (" + AtomicFile.reason(e) + ")"));
    }
  }

  private R read(String source, InputStream in, Map<String, String> options) throws IOException {
    Problems problems = new Problems();
    Entries sum = defaults;
    Optional<Entries> file = YamlFile.read(source, noun, in, problems);
    if (file.isPresent()) {
      sum = (Entries) form.merge(sum, file.get(), null);
      sum = new Entries(sum.entries(), file.get().where());
    }
    for (Map.Entry<String, String> option : options.entrySet()) {
      Optional<Entries> layer = option(option.getKey(), option.getValue(), problems);
      if (layer.isPresent()) {
        sum = (Entries) form.merge(sum, layer.get(), null);
      }
    }
    Record record = file.isPresent() ? form.read(sum, "", null, problems) : null;
    problems.throwIfAny();
    if (record == null) {
      throw new IllegalStateException("a " + noun + " without problems was not made");
    }
    return type.cast(record);
  }

  /** The value of an option: a list or a mapping as YAML, anything else as it is. */
  private static Optional<Entries> option(String key, String value, Problems problems) {
    Where where = new Where("--" + key.replace('_', '-'), 0);
    boolean isYaml = value.startsWith("{") || value.startsWith("[");
    Optional<Tree> tree =
        isYaml
            ? YamlFile.readOption(where.source(), value, problems)
            : Optional.of(new Leaf(value, false, where));
    return tree.map(t -> new Entries(Map.of(key, new Entry(where, t)), where));
  }

  /** Writes a record so that it reads back equal; a list of mappings has a line for each. */
  public String write(R record) {
    StringBuilder yaml = new StringBuilder();
    for (Map.Entry<String, Entry> named : form.write(record).entries().entrySet()) {
      Tree value = named.getValue().value();
      yaml.append(named.getKey()).append(':');
      if (value instanceof Items list
          && !list.items().isEmpty()
          && list.items().get(0) instanceof Entries) {
        list.items().forEach(item -> yaml.append("\n  - ").append(Recipes.text(item)));
      } else {
        yaml.append(' ').append(Recipes.text(value));
      }
      yaml.append('\n');
    }
    return yaml.toString();
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
