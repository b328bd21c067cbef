package dev.linnet.search;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.recipe.RecipeException;
import dev.linnet.recipe.Recipes;
import dev.linnet.testing.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class StudyTest {
  private static final String HEAD = "title: T\nsource: S\n";
  private static final String THREE =
      HEAD
          + """
          set: {epochs: 7}
          rows:
            - {name: plain}
            - {name: "+ zero gamma", set: {tricks: {zero_gamma: true}}, card: zero_gamma}
            - {name: smoothing, set: {epochs: 9, tricks: {label_smoothing: 0.2}}}
          """;

  @TempDir private Path folder;

  private Path write(String yaml) throws IOException {
    return Files.writeString(folder.resolve("my.yaml"), yaml, UTF_8);
  }

  private Study read(String yaml) throws IOException {
    return Studies.read(write(yaml).toString(), Optional.empty());
  }

  private void assertProblems(String yaml, String... lines) throws IOException {
    Path file = write(yaml);
    assertThatThrownBy(
            () ->
                StudyPlan.of(
                    Studies.read(file.toString(), Optional.empty()), StudyPlan.Changes.NONE))
        .isInstanceOf(RecipeException.class)
        .hasMessage(String.join("\n", lines).replace("my.yaml", file.toString()));
  }

  private StudyPlan plan(String yaml, String... sets) throws IOException {
    return StudyPlan.of(read(yaml), new StudyPlan.Changes(Map.of(), List.of(sets)));
  }

  @Test
  void what_a_file_leaves_out_has_a_default() throws IOException {
    Study study = read(THREE);
    assertThat(study.base()).isEqualTo("plain");
    assertThat(study.seeds()).containsExactly(0L, 1L, 2L);
    assertThat(study.design()).isEqualTo(Study.Design.ONE_BY_ONE);
    assertThat(study.reference().isNone()).isTrue();
  }

  @Test
  void one_by_one_each_row_has_its_own_keys() throws IOException {
    StudyPlan plan = plan(THREE);
    assertThat(plan.rows())
        .extracting(row -> row.recipe().recipe().tricks().list().size())
        .containsExactly(0, 1, 1);
    assertThat(plan.rows()).extracting(StudyPlan.Row::against).containsExactly(0, 0, 0);
    assertThat(plan.rows())
        .extracting(StudyPlan.Row::folder)
        .containsExactly("plain", "zero-gamma", "smoothing");
  }

  @Test
  void in_a_cumulative_study_a_row_has_the_keys_of_those_above_it() throws IOException {
    StudyPlan plan = plan(THREE + "design: cumulative\n");
    assertThat(plan.rows())
        .extracting(row -> row.recipe().recipe().tricks().list().size())
        .containsExactly(0, 1, 2);
    assertThat(plan.rows())
        .extracting(row -> row.recipe().recipe().epochs().value())
        .containsExactly(7, 7, 9);
    assertThat(plan.rows()).extracting(StudyPlan.Row::against).containsExactly(0, 0, 1);
  }

  @Test
  void leaving_one_out_all_others_stay() throws IOException {
    StudyPlan plan = plan(THREE + "design: leave-one-out\n");
    assertThat(plan.rows())
        .extracting(StudyPlan.Row::name)
        .containsExactly("all", "without plain", "without + zero gamma", "without smoothing");
    assertThat(plan.rows())
        .extracting(row -> row.recipe().recipe().tricks().list().size())
        .containsExactly(2, 2, 1, 1);
    assertThat(plan.rows().get(2).card().value()).isEqualTo("zero_gamma");
  }

  @Test
  void a_grid_has_a_row_for_each_combination() throws IOException {
    StudyPlan plan =
        plan(
            HEAD
                + """
                design: grid
                rows:
                  - {axis: rate, name: lr 0.1, set: {schedule: {lr: 0.1}}}
                  - {axis: rate, name: lr 0.2, set: {schedule: {lr: 0.2}}}
                  - {axis: batch, name: batch 64, set: {batch: 64}}
                  - {axis: batch, name: batch 128, set: {batch: 128}}
                """);
    assertThat(plan.rows())
        .extracting(StudyPlan.Row::name)
        .containsExactly(
            "lr 0.1, batch 64", "lr 0.1, batch 128", "lr 0.2, batch 64", "lr 0.2, batch 128");
    assertThat(plan.rows().get(2).recipe().recipe().batch().value()).isEqualTo(64);
  }

  @Test
  void options_hold_for_all_rows_and_what_a_row_sets_wins() throws IOException {
    StudyPlan plan =
        StudyPlan.of(read(THREE), new StudyPlan.Changes(Map.of("epochs", "3"), List.of("batch=5")));
    assertThat(plan.rows())
        .extracting(row -> row.recipe().recipe().epochs().value())
        .containsExactly(3, 3, 9);
    assertThat(plan.rows().get(2).recipe().recipe().batch().value()).isEqualTo(5);
  }

  @Test
  void runs_that_share_the_machine_share_its_cores() {
    int cores = Runtime.getRuntime().availableProcessors();
    assertThat(StudyPlan.Changes.NONE.sharedBy(1).options()).isEmpty();
    assertThat(StudyPlan.Changes.NONE.sharedBy(2 * cores).options())
        .isEqualTo(Map.of("threads", "1", "workers", "1"));
    assertThat(new StudyPlan.Changes(Map.of("threads", "3"), List.of()).sharedBy(cores).options())
        .isEqualTo(Map.of("threads", "3", "workers", "1"));
  }

  @Test
  void the_base_may_be_a_recipe_beside_the_study() throws IOException {
    Files.writeString(folder.resolve("mine.yaml"), "extends: plain\nbatch: 12\n", UTF_8);
    StudyPlan plan = plan(HEAD + "base: mine.yaml\nrows: [{name: a}]\n");
    assertThat(plan.rows().get(0).recipe().recipe().batch().value()).isEqualTo(12);
    assertProblems(
        HEAD + "base: mein\nrows: [{name: a}]\n",
        "recipe: got \"mein\"; no file and no preset has this name; presets: "
            + String.join(", ", Recipes.presets().stream().map(Recipes.Preset::name).toList()));
  }

  @Test
  void a_study_reads_back_equal() throws IOException {
    Study study = read(THREE + "design: cumulative\nreference: smoothing\nseeds: [4, 2]\n");
    assertThat(read(Studies.write(study))).isEqualTo(study);
  }

  @Test
  void seeds_of_the_command_line_replace_those_of_the_file() throws IOException {
    String file = write(THREE).toString();
    assertThat(Studies.read(file, Optional.of("5,3")).seeds()).containsExactly(5L, 3L);
    assertThatThrownBy(() -> Studies.read(file, Optional.of("0,1,0")))
        .hasMessage(
            "seeds: got [0, 1, 0] (--seeds); must be different whole numbers, at least 0, such as"
                + " [0, 1, 2]");
    assertThatThrownBy(() -> Studies.read(file, Optional.of("0,x")))
        .hasMessage("seeds[1]: got \"x\" (--seeds); must be a whole number");
    assertThatThrownBy(() -> Studies.read(file, Optional.of("")))
        .hasMessage(
            "seeds: got [] (--seeds); must be different whole numbers, at least 0, such as [0, 1,"
                + " 2]");
  }

  @Test
  void an_unknown_study_finds_the_nearest() {
    assertThatThrownBy(() -> Studies.read("mixng", Optional.empty()))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "--study: got \"mixng\"; must be a file or the name of a study; did you mean"
                + " \"mixing\"?");
    assertThatThrownBy(() -> Studies.read("xyzzy", Optional.empty()))
        .hasMessage(
            "--study: got \"xyzzy\"; must be a file or the name of a study; studies: "
                + String.join(", ", Studies.NAMES));
  }

  @Test
  void everything_that_is_wrong_is_said_at_once_with_its_line() throws IOException {
    assertProblems(
        """
        title: T
        desing: grid
        seeds: 3
        rows:
          - {nam: a}
          - {name: b, set: 7}
        """,
        "source: is missing (my.yaml:1); paper or code that it follows",
        "desing: unknown key (my.yaml:2); did you mean \"design\"?",
        "seeds: got 3 (my.yaml:3); must be a list such as [1, 2], each a whole number",
        "rows[0].nam: unknown key (my.yaml:5); did you mean \"name\"?",
        "rows[1].set: got 7 (my.yaml:6); must be a mapping with keys of a recipe");
  }

  @Test
  void a_row_that_contradicts_itself_is_named_by_its_line() throws IOException {
    assertProblems(
        HEAD
            + """
            rows:
              - {name: a, set: {epochs: 2, schedule: {warmup_epochs: 5}}}
              - {name: b, set: {tricks: {label_smoothing: 1.5}, model: resnte20}}
            """,
        "schedule.warmup_epochs: got 5 (my.yaml:4); must be at most epochs, which is 2",
        "label_smoothing.epsilon: got 1.5 (my.yaml:5); must be in [0, 1); to switch label smoothing"
            + " off, remove it from \"tricks\"",
        "model: got \"resnte20\" (my.yaml:5); no network has this name; did you mean \"resnet20\""
            + " or \"resnet50\"?");
  }

  @Test
  void what_is_wrong_with_the_base_is_said_once() throws IOException {
    assertProblems(
        HEAD + "set: {epochs: 0}\nrows: [{name: a}, {name: b}]",
        "epochs: got 0 (my.yaml:3); must be in [1, 1000000], or auto");
  }

  @Test
  void names_are_those_of_folders() throws IOException {
    assertProblems(
        HEAD + "rows:\n  - {name: a b}\n  - {name: A-B}\n",
        "rows[1].name: got \"A-B\" (my.yaml:5); must be a name of its own; the row \"a b\" has the"
            + " folder a-b already");
    assertProblems(
        HEAD + "rows:\n  - {set: {epochs: 3}}\n",
        "rows[0].name: got nothing (my.yaml:4); must be a name of at most 60 characters with a"
            + " letter or a digit");
    assertProblems(
        HEAD + "rows: []",
        "rows: got none (my.yaml:3); must be at least one row, such as {name: baseline}");
  }

  @Test
  void a_row_needs_one_above_it() throws IOException {
    assertProblems(
        HEAD + "rows:\n  - {name: a, set: {from: \"row:b\"}}\n  - {name: b}\n",
        "rows[0].set: got row:b (my.yaml:4); must be the name of a row above it, behind \"row:\"");
    assertProblems(
        HEAD
            + "design: leave-one-out\n"
            + "rows:\n"
            + "  - {name: a}\n"
            + "  - {name: b, set: {from: \"row:a\"}}\n",
        "rows[1].set: got row:a (my.yaml:6); must be without \"row:\" where the design is"
            + " leave-one-out");
  }

  @Test
  void axes_are_for_grids() throws IOException {
    assertProblems(
        HEAD + "design: grid\nrows:\n  - {name: a}\n",
        "rows[0].axis: got none (my.yaml:5); must be given where the design is grid; rows of one"
            + " axis exclude each other");
    assertProblems(
        HEAD + "rows:\n  - {name: a, axis: x}\n",
        "rows[0].axis: got \"x\" (my.yaml:4); must be none where the design is one-by-one");
    assertProblems(
        HEAD + "design: grid\nrows:\n  - {name: a, axis: x, card: mixup}\n",
        "rows[0].card: got \"mixup\" (my.yaml:5); must be none where the design is grid, because a"
            + " gain there is no single trick's");
  }

  @Test
  void the_reference_is_a_row() throws IOException {
    assertThat(plan(THREE + "reference: smoothing\n").referenceName()).isEqualTo("smoothing");
    assertProblems(
        THREE + "reference: smoothed\n",
        "reference: got \"smoothed\" (my.yaml:8); must be the name of a row: plain, + zero gamma,"
            + " smoothing");
  }

  @Test
  void a_file_that_is_no_study_says_so() throws IOException {
    assertProblems("", "my.yaml: is empty; a study is keys with their values");
    assertProblems("- a", "my.yaml:1: got a list; a study is keys with their values");
    assertProblems(
        "a: [",
        "my.yaml:1: is not valid YAML: expected the node content, but found" + " '<stream end>'");
  }

  @Test
  void a_row_of_the_same_seed_is_a_folder() throws IOException {
    StudyPlan plan =
        plan(HEAD + "rows:\n  - {name: a b}\n  - {name: c, set: {from: \"row:a b\"}}\n");
    StudyPlan.Row row = plan.rows().get(1);
    assertThat(row.needs()).containsExactly("a b");
    assertThat(plan.recipe(row, 3, new StudyFolder(folder)).recipe().from().value())
        .isEqualTo(folder.resolve("runs/a-b-seed3").toAbsolutePath().toString());
    assertThat(plan.recipe(row, 3, new StudyFolder(folder)).recipe().seed()).isEqualTo(3);
  }

  @Test
  void the_studies_are_those_of_the_folder_and_open_with_their_source() throws IOException {
    Path files = Repository.path("linnet-core/src/main/resources/dev/linnet/search/studies");
    try (Stream<Path> list = Files.list(files)) {
      assertThat(list.map(file -> file.getFileName().toString().replace(".yaml", "")))
          .containsExactlyInAnyOrderElementsOf(Studies.NAMES);
    }
    for (Studies.Listed study : Studies.all()) {
      assertThat(study.summary()).endsWith(".").hasSizeLessThan(95);
      assertThat(study.source()).isNotEmpty();
      assertThat(study.command()).startsWith("./linnet ablate --study " + study.name());
      assertThat(study.time()).isNotEmpty();
      assertThat(Studies.read(study.name(), Optional.empty()).rows()).hasSizeGreaterThan(1);
    }
  }

  @Test
  void every_row_of_every_study_is_a_recipe() {
    for (String name : Studies.NAMES) {
      StudyPlan plan = StudyPlan.of(Studies.read(name, Optional.empty()), StudyPlan.Changes.NONE);
      for (int i = 0; i < plan.rows().size(); i++) {
        assertThat(plan.changes(i).isEmpty())
            .as("%s: %s is the reference", name, plan.rows().get(i).name())
            .isEqualTo(i == plan.reference());
      }
    }
  }

  @Test
  void every_card_that_a_study_names_is_there() {
    for (String name : Studies.NAMES) {
      for (Study.Row row : Studies.read(name, Optional.empty()).rows()) {
        if (!row.card().isNone()) {
          assertThat(Repository.path("docs/tricks/" + row.card().value() + ".md")).exists();
        }
      }
    }
  }
}
