package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code explain} of a small run on dark and bright noise. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ExplainVerbTest {
  @TempDir private static Path shared;

  @TempDir private Path folder;

  @BeforeAll
  static void trainsOnDarkAndBright() {
    Path data = Pictures.folders(shared.resolve("data"), 8);
    Run.of(
            "train",
            "--quiet",
            "--data",
            data.toString(),
            "--model",
            "resnet20",
            "--size",
            "16",
            "--epochs",
            "1",
            "--batch",
            "8",
            "--out",
            run())
        .answered();
    Pictures.write(shared.resolve("a.png"), 0, 77);
  }

  private static String run() {
    return shared.resolve("run").toString();
  }

  private static String picture() {
    return shared.resolve("a.png").toString();
  }

  @Test
  void a_picture_gets_a_heatmap_and_a_page() throws IOException {
    String answer = Run.in(folder, "explain", run(), picture(), "--quiet").answered();
    Path out = folder.resolve("explain");
    assertThat(answer.lines().toList().get(0)).matches(picture() + ": \\w+ .* %, \\w+ .* %");
    assertThat(answer.lines().toList().get(1))
        .matches("  grad-cam, (dark|bright): " + out + "/a-grad-cam-(dark|bright)\\.png");
    assertThat(answer).endsWith("page: " + out.resolve("index.html") + "\n");
    try (var files = Files.list(out)) {
      assertThat(files).hasSize(2);
    }
    assertThat(Files.readString(out.resolve("index.html")))
        .contains("script-src &#39;sha256-")
        .contains("type=\"range\"")
        .doesNotContain("://");
    assertThat(Run.in(folder, "explain", run(), picture(), "--quiet").answered())
        .endsWith("page: " + folder.resolve("explain-2").resolve("index.html") + "\n");
  }

  @Test
  void the_json_has_exactly_the_documented_keys() {
    JsonNode json =
        Run.of(
                "explain",
                run(),
                picture(),
                "--method",
                "cam,grad-cam",
                "--class",
                "1",
                "--layer",
                "layer2",
                "--scores",
                "--sanity",
                "--out",
                folder.resolve("why").toString(),
                "--json",
                "--quiet")
            .json();
    assertThat(json.fieldNames()).toIterable().containsExactly("results", "layer", "page");
    JsonNode result = json.get("results").get(0);
    assertThat(result.fieldNames()).toIterable().containsExactly("path", "predictions", "maps");
    assertThat(result.get("maps")).hasSize(2);
    JsonNode map = result.get("maps").get(1);
    assertThat(map.fieldNames())
        .toIterable()
        .containsExactly(
            "method",
            "index",
            "class",
            "probability",
            "file",
            "deletion",
            "insertion",
            "random_deletion",
            "random_insertion",
            "sanity");
    assertThat(map.get("method").asText()).isEqualTo("grad-cam");
    assertThat(map.get("class").asText()).isEqualTo("dark");
    assertThat(map.get("sanity").get(0).fieldNames())
        .toIterable()
        .containsExactly(
            "random_layers", "layers", "layer", "rank_correlation", "structural_similarity");
    assertThat(Path.of(map.get("file").asText())).exists();
  }

  @Test
  void several_pictures_share_a_page_and_a_broken_one_is_named() throws IOException {
    Path in = folder.resolve("in");
    Pictures.write(in.resolve("a.png"), 0, 1);
    Pictures.write(in.resolve("below").resolve("a.png"), 150, 2);
    Path text = Files.writeString(in.resolve("b.jpg"), "hello");
    Path out = folder.resolve("out");
    Run run = Run.of("explain", run(), in.toString(), "--quiet", "--out", out.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err().lines())
        .containsExactly(
            "warning: "
                + text
                + ": no picture of a known format (it begins with \"hello\"); must be one of JPEG,"
                + " PNG, WEBP, BMP, GIF, TIFF (skipped)",
            "linnet: 1 of 3 pictures could not be read; they are named above");
    try (var files = Files.list(out)) {
      assertThat(files).hasSize(3); // the stems differ
    }
  }

  @Test
  void what_cannot_be_explained_is_refused() throws IOException {
    Run.of("explain", run())
        .failed(2, "linnet: \"linnet explain\" needs PICTURE; see \"linnet explain --help\"");
    Run.of("explain", run(), picture(), "--method", "gradcam")
        .failed(
            2,
            "linnet: --method: got \"gradcam\"; must be cam, grad-cam, grad-cam++, score-cam,"
                + " integrated-gradients, smooth-grad, occlusion or all; did you mean"
                + " \"grad-cam\"?");
    Run.of("explain", run(), picture(), "--class", "drak", "--quiet")
        .failed(
            1,
            "linnet: class: got \"drak\"; must be a class of the network or its number, 0 to 1; did"
                + " you mean \"dark\"?");
    Run.of("explain", run(), picture(), "--class", "2", "--quiet")
        .failed(
            1,
            "linnet: class: got \"2\"; must be a class of the network or its number, 0 to 1;"
                + " \"linnet predict\" prints what it answers");
    Run.of("explain", run(), picture(), "--layer", "layr2", "--quiet", "--out", "none")
        .failed(
            1,
            "linnet: layer: got \"layr2\"; must be a layer of the network; did you mean"
                + " \"layer2\"?");
    Path there = Files.createDirectory(folder.resolve("there"));
    Run.of("explain", run(), picture(), "--out", there.toString())
        .failed(1, "linnet: --out: " + there + " exists already; choose another name");
  }
}
