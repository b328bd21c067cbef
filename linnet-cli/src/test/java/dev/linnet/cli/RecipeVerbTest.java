package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.Recipes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RecipeVerbTest {
  @Test
  void the_recipes_of_the_jar_are_listed_with_their_source() {
    assertThat(Run.of("recipe", "list").answered())
        .contains("plain  ")
        .contains("quick  ")
        .contains("    source    ");
    JsonNode recipes = Run.of("recipe", "list", "--json").json().get("recipes");
    assertThat(recipes)
        .extracting(r -> r.get("name").asText())
        .containsExactlyElementsOf(Recipes.presets().stream().map(Recipes.Preset::name).toList());
    assertThat(recipes.get(0).fieldNames())
        .toIterable()
        .containsExactly("name", "summary", "source", "command", "expected", "time");
  }

  @Test
  void what_is_shown_reads_back_as_the_same_recipe(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("shown.yaml");
    Files.writeString(
        file, Run.of("recipe", "show", "quick", "--set", "optimizer.momentum=0.95").answered());
    assertThat(Run.of("recipe", "diff", "quick", file.toString()).answered())
        .startsWith("key ")
        .containsPattern("optimizer.momentum +0.9 +0.95")
        .hasLineCount(2);
    assertThat(RecipeReader.create().read(file.toString()).recipe())
        .isNotEqualTo(RecipeReader.create().read("quick").recipe());
  }

  @Test
  void differences_are_told_by_key() {
    JsonNode json = Run.of("recipe", "diff", "plain", "quick", "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("differences");
    JsonNode first = json.get("differences").get(0);
    assertThat(first.fieldNames()).toIterable().containsExactly("key", "left", "right");
    assertThat(first.get("key").asText()).isEqualTo("epochs");
  }

  @Test
  void the_same_recipe_twice_differs_in_nothing() {
    Run run = Run.of("recipe", "diff", "plain", "plain");
    assertThat(run.answered()).isEmpty();
    assertThat(run.err()).isEqualTo("no differences\n");
  }

  @Test
  void all_that_is_wrong_is_said_at_once() {
    Run.of("recipe", "show", "plian", "--set", "momentum")
        .failed(
            2,
            "linnet: recipe: got \"plian\"; no file and no preset has this name; did you mean"
                + " \"plain\"?",
            "linnet: --set: got \"momentum\"; must be a key and its value, such as"
                + " optimizer.momentum=0.95");
  }

  @Test
  void without_a_verb_it_names_them() {
    Run.of("recipe")
        .failed(
            2,
            "linnet: \"linnet recipe\" needs a verb: list, show, diff; see \"linnet recipe"
                + " --help\"");
  }
}
