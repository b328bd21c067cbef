package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is in a file, it is read or refused with lines of their own; nothing else is thrown. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RecipeFuzzTest {
  private static final List<String> BITS =
      List.of(
          "[",
          "]",
          "{",
          "}",
          ":",
          ": ",
          "- ",
          "\n",
          "\n  ",
          "\t",
          "&a ",
          "*a",
          "!!str ",
          "? ",
          "|",
          ">",
          "'",
          "\"",
          "#",
          "---\n",
          "...\n",
          "%YAML 1.1\n",
          "<<: ",
          "auto",
          "none",
          "true",
          "false",
          "-1",
          "0",
          "1e999",
          ".nan",
          "9999999999999999999",
          "~",
          "\u0000",
          "\uFEFF",
          "\uD83D\uDE00",
          "\u2028",
          "name: ",
          "extends: plain\n",
          "extends: my.yaml\n",
          "tricks: ",
          "optimizer: ",
          "epochs: ");

  @TempDir private Path folder;

  @Seeds(200)
  void mutated_recipes_are_read_or_refused(RandomState random) throws IOException {
    StringBuilder yaml = new StringBuilder(RecipeWriter.write(new RandomRecipes(random).next()));
    for (int i = random.nextInt(6); i >= 0; i--) {
      mutate(yaml, random);
    }
    Path file = folder.resolve("my.yaml");
    byte[] bytes = yaml.toString().getBytes(StandardCharsets.UTF_8);
    if (random.nextBoolean(0.1)) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    Files.write(file, bytes);
    readOrRefuse(file.toString(), Map.of(), List.of());
  }

  @Seeds(200)
  void mutated_options_are_read_or_refused(RandomState random) {
    List<String> keys = List.copyOf(Recipes.flat(Recipes.plain()).keySet());
    StringBuilder set = new StringBuilder(keys.get(random.nextInt(keys.size())) + "=1");
    mutate(set, random);
    mutate(set, random);
    String bit = BITS.get(random.nextInt(BITS.size()));
    String key = keys.get(random.nextInt(keys.size()));
    readOrRefuse("plain", Map.of(key, bit), List.of(set.toString()));
  }

  private static void mutate(StringBuilder yaml, RandomState random) {
    int at = random.nextInt(yaml.length() + 1);
    int end = Math.min(yaml.length(), at + random.nextInt(12));
    String bit = BITS.get(random.nextInt(BITS.size()));
    switch (random.nextInt(4)) {
      case 0 -> yaml.insert(at, bit);
      case 1 -> yaml.delete(at, end);
      case 2 -> yaml.replace(at, end, bit);
      default -> yaml.insert(random.nextInt(yaml.length() + 1), yaml.substring(at, end));
    }
  }

  private static void readOrRefuse(String name, Map<String, String> options, List<String> sets) {
    try {
      Recipe recipe = RecipeReader.create().read(name, options, sets).recipe();
      assertThat(RecipeWriter.write(recipe)).isNotEmpty();
    } catch (RecipeException e) {
      assertThat(e.problems()).isNotEmpty();
      for (String line : e.problems()) {
        assertThat(line).doesNotContain("\n").hasSizeLessThan(1000).doesNotContain("Exception");
      }
    }
  }
}
