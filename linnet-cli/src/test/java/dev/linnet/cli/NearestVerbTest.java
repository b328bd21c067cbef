package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code nearest} with a small run on dark and bright noise. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NearestVerbTest {
  @TempDir private static Path shared;

  @TempDir private Path folder;

  @BeforeAll
  static void trainsOnDarkAndBright() {
    Run.of(
            "train",
            "--quiet",
            "--data",
            Pictures.folders(shared.resolve("data"), 20).toString(),
            "--model",
            "resnet20",
            "--size",
            "16",
            "--epochs",
            "2",
            "--batch",
            "8",
            "--out",
            run())
        .answered();
  }

  private static String run() {
    return shared.resolve("run").toString();
  }

  private static String dark() {
    return Pictures.write(shared.resolve("dark.png"), 0, 77).toString();
  }

  private Run nearest(String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of("nearest", run(), "--index", folder.resolve("i").toString(), "--quiet"));
    all.addAll(Arrays.asList(arguments));
    return Run.of(all.toArray(new String[0]));
  }

  @Test
  void the_nearest_pictures_are_printed_with_rank_class_distance_and_name() {
    assertThat(nearest(dark(), "--k", "2").answered())
        .matches(
            dark()
                + "\nrank  class  distance  picture\n"
                + "   1  dark +0\\.\\d{4}  dark/d\\d+\\.png\n"
                + "   2  dark +0\\.\\d{4}  dark/d\\d+\\.png\n");
  }

  @Test
  void the_json_has_exactly_the_documented_keys_and_the_page_shows_the_pictures()
      throws IOException {
    Path page = folder.resolve("alike.html");
    JsonNode json = nearest(dark(), "--json", "--out", page.toString()).json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly("index", "pictures", "layer", "distance", "out", "results");
    assertThat(json.get("index").asText()).isEqualTo(folder.resolve("i").toString());
    assertThat(json.get("layer").asText()).isEqualTo("pre_logits");
    assertThat(json.get("distance").asText()).isEqualTo("1 - cosine");
    JsonNode result = json.get("results").get(0);
    assertThat(result.fieldNames()).toIterable().containsExactly("path", "nearest");
    assertThat(result.get("nearest")).hasSize(10);
    JsonNode first = result.get("nearest").get(0);
    assertThat(first.fieldNames())
        .toIterable()
        .containsExactly("rank", "class", "distance", "picture");
    assertThat(first.get("class").asText()).isEqualTo("dark");
    assertThat(Files.readString(page))
        .contains("Nearest pictures", dark(), "<figcaption>dark 0.", "data:image/jpeg;base64,");
  }

  @Test
  void a_picture_of_the_data_is_no_neighbor_of_its_own() throws IOException {
    Path data = shared.resolve("data");
    JsonNode result =
        nearest(data.resolve("dark/d3.png").toString(), "--json", "--data", data.toString())
            .json()
            .get("results")
            .get(0);
    assertThat(result.get("itself").asText()).isEqualTo("dark/d3.png");
    assertThat(result.get("nearest")).hasSize(10);
    assertThat(result.get("nearest").findValuesAsText("picture")).doesNotContain("dark/d3.png");

    Path copy = Files.copy(data.resolve("dark/d3.png"), folder.resolve("copy.png"));
    result =
        nearest(copy.toString(), "--json", "--data", data.toString(), "--k", "1")
            .json()
            .get("results")
            .get(0);
    assertThat(result.has("itself")).isFalse();
    assertThat(result.get("nearest").get(0).get("picture").asText()).isEqualTo("dark/d3.png");
    assertThat(result.get("nearest").get(0).get("distance").asDouble()).isBetween(0.0, 1e-5);
  }

  @Test
  void the_index_is_made_once_and_anew_for_another_layer_or_other_data() {
    String index = folder.resolve("i").toString();
    Run built = nearest();
    assertThat(built.answered()).isEqualTo(index + ": 32 pictures, 64 features of pre_logits\n");
    assertThat(built.err()).isEmpty();
    assertThat(nearest(dark()).err()).isEmpty();
    Run other = nearest(dark(), "--layer", "layer2");
    other.answered();
    assertThat(other.err())
        .isEqualTo("warning: " + index + ": is an index with other layer; made anew\n");
    other = nearest(dark(), "--layer", "layer2", "--limit", "5");
    other.answered();
    assertThat(other.err())
        .isEqualTo("warning: " + index + ": is an index with other pictures; made anew\n");
  }

  @Test
  void a_damaged_index_is_made_anew() throws IOException {
    nearest().answered();
    Path file = folder.resolve("i/index.safetensors");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 300));
    Run again = nearest();
    again.answered();
    assertThat(again.err())
        .isEqualTo("warning: " + folder.resolve("i") + ": is damaged; made anew\n");
    assertThat(nearest().err()).isEmpty();
  }

  @Test
  void without_a_name_it_is_kept_in_the_cache() {
    Map<String, String> environment = Map.of("LINNET_CACHE", folder.resolve("cache").toString());
    assertThat(Run.with(environment, "", "nearest", run(), "--quiet").answered())
        .matches(
            folder.resolve("cache/nearest/resnet20-")
                + "[0-9a-f]{16}: 32 pictures, 64 features of pre_logits\n");
  }

  @Test
  void what_is_asked_wrongly_is_one_line() throws IOException {
    Path none = folder.resolve("none.png");
    nearest(none.toString()).failed(1, "linnet: " + none + ": no such file");
    Path text = Files.writeString(folder.resolve("text.png"), "hello");
    nearest(text.toString())
        .failed(
            1,
            "linnet: "
                + text
                + ": no picture of a known format (it begins with \"hello\"); must be one of JPEG,"
                + " PNG, WEBP, BMP, GIF, TIFF");
    assertThat(folder.resolve("i")).doesNotExist();
    nearest(dark(), "--layer", "layr2")
        .failed(
            1,
            "linnet: layer: got \"layr2\"; must be a layer of the network; did you mean"
                + " \"layer2\"?");
    nearest(dark(), "--k", "0").failed(2, "linnet: --k: got 0; must be at least 1");
    nearest(dark(), "--k", "33")
        .failed(2, "linnet: --k: got 33; must be in [1, 32], the pictures of the index");
    nearest("--out", "a.html").failed(2, "linnet: --out: needs PICTURE, whose neighbors are shown");
    Run.of("nearest", run(), dark(), "--index", shared.resolve("data").toString(), "--quiet")
        .failed(
            1,
            "linnet: "
                + shared.resolve("data")
                + ": holds bright and is no index; name a new folder, or that of an index");
    Run.of("nearest", run(), dark(), "--index", text.toString(), "--quiet")
        .failed(1, "linnet: " + text + ": is a file; an index is a folder, name a new one");
  }

  @Test
  void broken_ones_among_many_are_named_and_the_others_answered() throws IOException {
    Path in = folder.resolve("in");
    Pictures.write(in.resolve("a.png"), 0, 1);
    Path empty = Files.writeString(in.resolve("b.png"), "");
    Run run = nearest(in.toString(), "--k", "1");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).contains("a.png\n").doesNotContain("b.png");
    assertThat(run.err())
        .isEqualTo(
            "warning: "
                + empty
                + ": the file is empty (0 bytes) (skipped)\n"
                + "linnet: 1 of 2 pictures could not be read; they are named above\n");
  }
}
