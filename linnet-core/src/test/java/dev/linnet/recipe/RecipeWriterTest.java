package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RecipeWriterTest {
  @TempDir private Path folder;

  @Seeds(200)
  void what_is_written_reads_back_equal(RandomState random) throws IOException {
    Recipe recipe = new RandomRecipes(random).next();
    Path file = folder.resolve("recipe.yaml");
    Files.writeString(file, RecipeWriter.write(recipe));
    assertThat(RecipeReader.create().read(file.toString()).recipe()).isEqualTo(recipe);
  }

  @Test
  void every_line_says_where_its_values_come_from() {
    LoadedRecipe quick =
        RecipeReader.create()
            .read("quick", Map.of("batch", "32"), List.of("optimizer.momentum=0.95"));
    assertThat(RecipeWriter.write(quick).lines())
        .startsWith("data: none                                  # plain")
        .contains(
            "batch: 32                                   # --batch",
            "epochs: auto                                # quick",
            "optimizer:",
            "  momentum: 0.95                            # --set optimizer.momentum",
            "  layer_decay: none                         # plain",
            "  label_smoothing: {epsilon: 0.1, convention: torch}  # quick");
  }

  @Test
  void every_key_is_written_in_the_order_of_the_record() {
    List<String> keys =
        RecipeWriter.write(Recipes.plain())
            .lines()
            .filter(line -> !line.startsWith(" "))
            .map(line -> line.substring(0, line.indexOf(':')))
            .toList();
    assertThat(keys).containsExactlyElementsOf(Presets.FORM.fields().keySet());
  }

  @Test
  void texts_are_in_quotes_where_yaml_needs_them() {
    assertThat(data("/my/pictures-2")).isEqualTo("data: /my/pictures-2");
    assertThat(data("../my_pictures")).isEqualTo("data: ../my_pictures");
    assertThat(data("none")).isEqualTo("data: \"none\"");
    assertThat(data("a: [b] #c")).isEqualTo("data: \"a: [b] #c\"");
    assertThat(data("Blätter")).isEqualTo("data: \"Blätter\"");
  }

  private static String data(String name) {
    return RecipeWriter.write(Recipes.plain().withData(name)).lines().findFirst().orElseThrow();
  }

  @Test
  void numbers_are_written_as_people_write_them() {
    assertThat(Scalars.text(0.1)).isEqualTo("0.1");
    assertThat(Scalars.text(1)).isEqualTo("1");
    assertThat(Scalars.text(0)).isEqualTo("0");
    assertThat(Scalars.text(1e-4)).isEqualTo("1e-4");
    assertThat(Scalars.text(2.5e-5)).isEqualTo("2.5e-5");
    assertThat(Scalars.text(1e10)).isEqualTo("1e10");
    assertThat(Scalars.text(100)).isEqualTo("100");
    assertThat(Scalars.text(-0.25)).isEqualTo("-0.25");
  }

  @Seeds(500)
  void numbers_read_back_to_the_same_bits(RandomState random) {
    double value = Double.longBitsToDouble(random.nextLong());
    if (Double.isFinite(value)) {
      String text = Scalars.text(value);
      assertThat(Scalars.isNumber(text)).as(text).isTrue();
      assertThat(Double.parseDouble(text)).isEqualTo(value);
    }
  }
}
