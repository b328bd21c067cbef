package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class DataVerbTest {
  @TempDir private Path folder;

  @Test
  void the_catalog_is_listed_with_the_state_of_each_name() throws IOException {
    Files.createDirectories(folder.resolve("cifar10"));
    Files.writeString(folder.resolve("cifar10").resolve("x"), "x");
    Map<String, String> environment =
        Map.of("LINNET_DATA", folder.toString(), "LINNET_CACHE", folder.toString());
    JsonNode json = Run.with(environment, "", "data", "list", "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("data");
    JsonNode digits = json.get("data").get(0);
    assertThat(digits.fieldNames()).toIterable().containsExactly("name", "about", "state", "where");
    assertThat(digits.get("name").asText()).isEqualTo("digits");
    assertThat(digits.get("state").asText()).isEqualTo("built_in");
    assertThat(Run.with(environment, "", "data", "list").answered())
        .startsWith("digits         built in        ")
        .contains("\ncifar10        found           ")
        .contains("\n               " + folder.resolve("cifar10") + "\n");
  }

  @Test
  void a_sound_data_set_passes_the_check() {
    Path data = Pictures.folders(folder.resolve("data"), 4);
    assertThat(Run.of("data", "check", data.toString()).answered())
        .isEqualTo(
            """
            %s: class folders, 2 classes
            8 train pictures from 16x16 to 16x16 pixels; 8 png, color
            nothing is wrong
            """
                .formatted(data));
  }

  @Test
  void what_is_wrong_is_named_and_a_broken_picture_exits_1() throws IOException {
    Path data = Pictures.folders(folder.resolve("data"), 4);
    Path broken = Files.writeString(data.resolve("dark").resolve("x.jpg"), "hello");
    Path twin = data.resolve("dark").resolve("twin.png");
    Files.copy(data.resolve("dark").resolve("d1.png"), twin);
    Run run = Run.of("data", "check", "--data", data.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains(broken + ": no picture of a known format")
        .contains(twin + ": the same picture as ")
        .endsWith("\nfound: broken 1, twice 1\n");
    JsonNode json =
        new com.fasterxml.jackson.databind.ObjectMapper()
            .readTree(Run.of("data", "check", data.toString(), "--json").out());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "data", "layout", "classes", "pictures", "findings", "formats", "smallest", "largest");
    assertThat(json.get("findings").get(0).fieldNames())
        .toIterable()
        .containsExactly("kind", "where", "what");
    assertThat(json.get("findings").get(0).get("kind").asText()).isEqualTo("broken");
  }

  @Test
  void shards_are_written_checked_and_read() throws IOException {
    Path data = Pictures.folders(folder.resolve("data"), 4);
    Path shards = folder.resolve("shards");
    String[] write = {"data", "shard", data.toString(), "--out", shards.toString()};
    assertThat(
            Run.of("data", "shard", data.toString(), "--shard-size", "3", "--out", shards + "")
                .answered())
        .isEqualTo(shards + ": 8 train, 3 shards\n");
    assertThat(Run.of("data", "check", shards.toString()).answered())
        .isEqualTo(
            """
            %s: WebDataset shards, 2 classes
            8 train pictures from 16x16 to 16x16 pixels; 8 png, color
            nothing is wrong
            """
                .formatted(shards));
    Run again = Run.of(write);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err())
        .isEqualTo("linnet: --out: " + shards + " exists already; choose another name\n");
    Path last = shards.resolve("train-000002.tar");
    byte[] whole = Files.readAllBytes(last);
    Files.write(last, java.util.Arrays.copyOf(whole, 700));
    Run cut = Run.of("data", "check", shards.toString());
    assertThat(cut.code()).isEqualTo(1);
    assertThat(cut.out())
        .startsWith(last + ": ends at byte 700 inside member \"")
        .contains("; 0 samples before it are whole (the rest is skipped)\n")
        .endsWith("\nfound: cut shard 1\n");
  }

  @Test
  void figures_are_told_of_the_split_that_is_asked_for() {
    JsonNode json = Run.of("data", "stats", "digits", "--split", "test", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "data",
            "layout",
            "split",
            "classes",
            "pictures",
            "broken",
            "heights",
            "widths",
            "formats",
            "channels",
            "mean",
            "std");
    assertThat(json.get("pictures").asInt()).isEqualTo(2000);
    assertThat(json.get("heights").get("median").asInt()).isEqualTo(28);
    assertThat(Run.of("data", "stats", "digits", "--pictures", "10").answered())
        .startsWith("class  pictures\n")
        .contains("\nread      10 pictures, 0 broken\n");
  }

  @Test
  void a_sheet_is_drawn_under_a_name_that_is_free() {
    Path data = Pictures.folders(folder.resolve("data"), 4);
    Path first = folder.resolve("preview.png");
    Path second = folder.resolve("preview-2.png");
    assertThat(Run.in(folder, "data", "preview", data.toString()).answered())
        .isEqualTo(first + "\n");
    JsonNode json = Run.in(folder, "data", "preview", data.toString(), "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("out", "pictures");
    assertThat(json.get("out").asText()).isEqualTo(second.toString());
    assertThat(json.get("pictures").asInt()).isEqualTo(8);
    assertThat(first).hasSameBinaryContentAs(second);
    Run.of("data", "preview", data.toString(), "--out", first.toString())
        .failed(1, "linnet: --out: " + first + " exists already; choose another name");
  }

  @Test
  void a_recipe_shows_training_pictures_as_it_makes_them() throws IOException {
    Path recipe = folder.resolve("my.yaml");
    Files.writeString(recipe, "tricks: {rand_augment: true}\nbatch: 4");
    Path data = Pictures.folders(folder.resolve("data"), 4);
    Run made =
        Run.in(
            folder,
            "data",
            "preview",
            data.toString(),
            "--recipe",
            recipe.toString(),
            "--set=tricks.mixup=true",
            "--pictures=3",
            "--json");
    assertThat(made.json().get("pictures").asInt()).isEqualTo(3);
    assertThat(folder.resolve("preview.png")).isNotEmptyFile();
    Run.of("data", "preview", "--recipe", "plain", "--split", "test")
        .failed(2, "linnet: --split: a recipe makes training pictures; leave it out");
    Run.of("data", "preview", "digits", "--set", "tricks.mixup=true")
        .failed(2, "linnet: --set: sets a key of a recipe; name one by --recipe");
  }

  @Test
  void a_split_is_drawn_by_seed_and_is_a_data_set_itself() {
    Path data = Pictures.folders(folder.resolve("data"), 10);
    Path manifest = folder.resolve("split.csv");
    assertThat(Run.in(folder, "data", "split", data.toString(), "--val", "0.3").answered())
        .isEqualTo(manifest + ": 14 train, 6 val\n");
    assertThat(Run.of("data", "check", manifest.toString()).answered())
        .contains("14 train, 6 val pictures from 16x16");
    JsonNode json =
        Run.in(folder, "data", "split", data.toString(), "--val", "0.3", "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("out", "pictures");
    assertThat(folder.resolve("split-2.csv")).hasSameTextualContentAs(manifest);
  }

  @Test
  void what_cannot_be_looked_at_is_refused() throws IOException {
    Run.of("data", "check")
        .failed(2, "linnet: DATA is missing: name a folder, a file or a data set");
    Run.of("data", "check", "a", "--data", "b")
        .failed(2, "linnet: DATA and --data: both are given; give one of the two");
    Run.of("data", "stats", "digits", "--split", "val")
        .failed(1, "linnet: digits: has no split val; must be train or test");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Run.of("data", "check", empty.toString())
        .failed(1, "linnet: " + empty + ": is empty; put class folders into it: CLASS/picture.jpg");
    Run.of("data", "split", "digits", "--val", "2")
        .failed(2, "linnet: val: got 2.0; must be in (0, 1), or none");
    Run.of("data")
        .failed(
            2,
            "linnet: \"linnet data\" needs a verb: list, check, preview, stats, split, shard; see"
                + " \"linnet data --help\"");
  }
}
