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
  void the_learning_rate_is_drawn_as_text() {
    Run drawn = Run.of("recipe", "show", "plain", "--plot");
    assertThat(drawn.answered().lines())
        .hasSize(13)
        .startsWith("Learning rate")
        .allMatch(line -> line.length() <= 78);
    assertThat(drawn.out()).contains("     0.1 │").endsWith("10 epoch\n");
    assertThat(drawn.err())
        .isEqualTo("assumed: 100 updates an epoch (--updates-per-epoch changes it)\n");
  }

  @Test
  void the_length_of_an_epoch_is_that_of_the_data_or_the_one_asked_for() {
    Run ofData = Run.of("recipe", "show", "quick", "--set", "data=digits", "--plot", "--json");
    assertThat(ofData.json().get("updates_per_epoch").asInt()).isEqualTo(140);
    assertThat(ofData.err()).isEqualTo("an epoch of digits has 140 updates\n");
    Run asked =
        Run.of(
            "recipe",
            "show",
            "quick",
            "--set",
            "data=digits",
            "--plot",
            "--json",
            "--updates-per-epoch",
            "7");
    assertThat(asked.json().get("updates_per_epoch").asInt()).isEqualTo(7);
    assertThat(asked.err()).isEqualTo("assumed: 10 epochs (--set epochs= changes it)\n");
    assertThat(Run.of("recipe", "show", "plain", "--set", "data=no/such", "--plot").err())
        .startsWith("the data cannot be used: ")
        .endsWith("\nassumed: 100 updates an epoch (--updates-per-epoch changes it)\n");
  }

  @Test
  void the_learning_rate_is_drawn_as_a_page_and_as_a_picture(@TempDir Path folder)
      throws IOException {
    Path page = folder.resolve("lr.html");
    Path picture = folder.resolve("lr.svg");
    String[] sets = {"--set", "schedule.name=plateau"};
    assertThat(
            Run.of("recipe", "show", "plain", sets[0], sets[1], "--plot", page.toString())
                .answered())
        .isEqualTo(page + ": 10 epochs of 100 updates\n");
    Run.of("recipe", "show", "plain", "--plot", picture.toString()).answered();
    assertThat(page)
        .content()
        .contains("Learning rate of plain", "top-1 never rose", "<svg")
        .doesNotContain("<script");
    assertThat(picture).content().startsWith("<svg ").contains("warm-up");
    Run.of("recipe", "show", "plain", "--plot", page.toString())
        .failed(1, "linnet: --plot: %s exists already; choose another name".formatted(page));
  }

  @Test
  void a_plot_of_nothing_is_refused() {
    Run.of("recipe", "show", "plain", "--plot", "lr.png")
        .failed(
            2,
            "linnet: --plot: got \"lr.png\"; must be a file that ends with .html or .svg; the"
                + " recipe comes first");
    Run.of("recipe", "show", "plain", "--plot", "--updates-per-epoch", "0")
        .failed(2, "linnet: --updates-per-epoch: got 0; must be in [1, 10000000]");
    Run.of("recipe", "show", "plain", "--updates-per-epoch", "5")
        .failed(2, "linnet: --updates-per-epoch: is of use with --plot only");
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
