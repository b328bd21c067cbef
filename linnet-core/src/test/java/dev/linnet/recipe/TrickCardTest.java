package dev.linnet.recipe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.linnet.recipe.TrickCards.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cards of {@code docs/tricks}. {@code mvn test -pl linnet-core -Dtest=TrickCardTest
 * -Dlinnet.update=true} writes into them what {@code results} has, and their index.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TrickCardTest {
  private static final List<String> ROWS =
      List.of("Paper", "Default", "Recipe", "Cost", "Hurts", "Differs");

  @Test
  void every_choice_of_a_recipe_has_a_card() throws IOException {
    assertThat(TrickCards.names()).containsAll(TrickCards.keys());
  }

  @Test
  void a_card_says_what_one_wants_to_know() throws IOException {
    for (String name : TrickCards.names()) {
      String card = TrickCards.text(name);
      assertThat(card).as(name).startsWith("# ");
      assertThat(TrickCards.sentence(card)).as(name).endsWith(".").hasSizeBetween(20, 200);
      for (String row : ROWS) {
        assertThat(card).as(name).containsPattern("\n\\| " + row + " \\| [^|\n]");
      }
      assertThat(card)
          .as(name)
          .contains("\n## Measured\n\n<!-- measured: " + name + " -->\n")
          .endsWith("\n<!-- end -->\n");
    }
  }

  @Test
  void what_was_measured_stands_in_the_cards_and_their_index() throws IOException {
    Map<String, List<Measured>> measured = TrickCards.measured();
    assertThat(TrickCards.names()).containsAll(measured.keySet());
    boolean update = Boolean.getBoolean("linnet.update");
    for (String name : TrickCards.names()) {
      String filled = TrickCards.filled(TrickCards.text(name), measured);
      check(TrickCards.FOLDER.resolve(name + ".md"), filled, update);
    }
    check(TrickCards.FOLDER.resolve(TrickCards.INDEX), TrickCards.index(measured), update);
  }

  @Test
  void a_card_without_a_measurement_says_why_not_yet() throws IOException {
    Map<String, List<Measured>> measured = TrickCards.measured();
    for (String name : TrickCards.names()) {
      assertThat(TrickCards.text(name).contains("\n| Why not yet | "))
          .as(name)
          .isNotEqualTo(measured.containsKey(name));
    }
  }

  private static void check(Path file, String expected, boolean update) throws IOException {
    if (update) {
      Files.writeString(file, expected, UTF_8);
    }
    assertThat(Files.readString(file, UTF_8))
        .as("%s; if the change is meant, run again with -Dlinnet.update=true", file.getFileName())
        .isEqualTo(expected);
  }

  @Test
  void a_block_is_filled_from_a_study() {
    String card = "# X\n\n<!-- measured: mixup -->\nold\n<!-- end -->\n";
    Map<String, String> row =
        Map.of(
            "n", "3",
            "gain", "-1.2345",
            "gain_deviation", "0.3000",
            "gain_p", "0.0192",
            "gain_time", "1.034",
            "without_mean", "71.2000",
            "without_deviation", "0.1000",
            "with_mean", "69.9655",
            "with_deviation", "0.2000");
    Map<String, String> facts =
        Map.of(
            "command",
            "./linnet ablate",
            "data",
            "d",
            "network",
            "n",
            "epochs",
            "9",
            "measured",
            "top-1");
    Map<String, List<Measured>> measured =
        Map.of("mixup", List.of(new Measured("mixing", row, facts)));
    assertThat(TrickCards.filled(card, measured))
        .isEqualTo(
            """
            # X

            <!-- measured: mixup -->
            | Study | On | Without | With | Gain | p | Time |
            |---|---|---:|---:|---:|---:|---:|
            | [mixing](../../results/mixing/README.md), n = 3 | d; n; 9 epochs | 71.20 ± 0.10 | 69.97 ± 0.20 | −1.23 ± 0.30 | 0.0192 | ×1.03 |

            In percent (top-1), mean ± deviation over the seeds; gain of pairs with the same seed, p by a paired t-test.
            `./linnet ablate`
            <!-- end -->
            """);
    assertThat(TrickCards.filled(card, Map.of()))
        .contains("<!-- measured: mixup -->\nNot measured.\n<!-- end -->");
  }

  private static final String GROUPED = "task: similarity\nsampling: grouped";

  /** What a card's line needs around it to be a recipe. */
  private static final Map<String, String> AROUND =
      Map.of(
          "optimizer: ", "schedule: {lr: 0.001}",
          "tricks: {self_distillation", "ema: true",
          "loss: {name: jsd", "tricks: {aug_mix: true}",
          "loss: {name: triplet", GROUPED,
          "loss: {name: contrastive", GROUPED,
          "loss: {name: nt-xent", GROUPED,
          "loss: {name: arcface", "task: similarity",
          "loss: {name: proxy-anchor", "task: similarity");

  @Test
  void the_recipe_of_a_card_reads(@TempDir Path folder) throws IOException {
    Pattern line =
        Pattern.compile("`((?:" + String.join("|", Presets.FORM.fields().keySet()) + "): [^`]*)`");
    int found = 0;
    for (String name : TrickCards.names()) {
      String row =
          TrickCards.text(name)
              .lines()
              .filter(l -> l.startsWith("| Recipe |"))
              .findFirst()
              .orElseThrow();
      for (Matcher m = line.matcher(row); m.find(); found++) {
        StringBuilder yaml = new StringBuilder("epochs: 100\n").append(m.group(1)).append('\n');
        AROUND.forEach(
            (start, more) -> {
              if (m.group(1).startsWith(start)) {
                yaml.append(more).append('\n');
              }
            });
        Path file = Files.writeString(folder.resolve("card.yaml"), yaml);
        if (!m.group(1).contains("FILE")) {
          assertThatCode(() -> RecipeReader.create().read(file.toString()))
              .as("%s: %s", name, m.group(1))
              .doesNotThrowAnyException();
        }
      }
    }
    assertThat(found).isGreaterThan(60);
  }
}
