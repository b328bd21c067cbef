package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data with boxes on the command line. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BoxesTest {
  @TempDir Path temp;

  private Path voc;

  /** 16 pictures to train on and 4 to test, each with a box of both classes. */
  @BeforeEach
  void pictures() throws IOException {
    voc = temp.resolve("voc");
    StringBuilder train = new StringBuilder();
    StringBuilder test = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      Pictures.write(voc.resolve("JPEGImages/p" + i + ".png"), 50, i);
      write(
          "Annotations/p" + i + ".xml",
          "<annotation>%s%s</annotation>"
              .formatted(object("dark", "1", "8"), object("bright", "9", "16")));
      (i < 16 ? train : test).append("p").append(i).append('\n');
    }
    write("ImageSets/Main/train.txt", train.toString());
    write("ImageSets/Main/test.txt", test.toString());
  }

  private static String object(String name, String left, String right) {
    return ("<object><name>%s</name><bndbox><xmin>%s</xmin><ymin>1</ymin><xmax>%s</xmax>"
            + "<ymax>16</ymax></bndbox></object>")
        .formatted(name, left, right);
  }

  private void write(String path, String text) throws IOException {
    Path file = voc.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private Path trained() {
    Path run = temp.resolve("run");
    Run.of(
            "train",
            "--data",
            voc.toString(),
            "--boxes",
            "crop",
            "--model",
            "lenet5",
            "--epochs",
            "1",
            "--batch",
            "16",
            "--out",
            run.toString())
        .answered();
    return run;
  }

  @Test
  void crops_are_trained_on_and_evaluated_as_they_were_trained_on() {
    Path run = trained();

    assertThat(Run.of("eval", run.toString(), "--json").json().get("images").asInt()).isEqualTo(8);
    assertThat(
            Run.of(
                    "eval",
                    run.toString(),
                    "--data",
                    voc.toString(),
                    "--boxes",
                    "crop",
                    "--limit",
                    "3",
                    "--json")
                .json()
                .get("images")
                .asInt())
        .isEqualTo(6);
  }

  @Test
  void pictures_of_several_classes_are_refused() {
    Run.of("train", "--data", voc.toString(), "--out", temp.resolve("run").toString())
        .failedWith(
            1,
            "linnet: "
                + voc
                + ": 20 of 20 pictures have boxes of several classes, so a picture has no one"
                + " class; --boxes crop (boxes: crop in a recipe) makes each box a picture with a"
                + " class");
  }

  @Test
  void kept_boxes_cannot_be_evaluated() {
    Run.of("eval", "run", "--boxes", "keep")
        .failed(2, "linnet: --boxes: got keep; must be none or crop");
  }

  @Test
  void data_verbs_look_at_whole_pictures_and_at_crops() {
    JsonNode whole = Run.of("data", "stats", voc.toString(), "--json").json();
    assertThat(whole.get("layout").asText()).isEqualTo("Pascal VOC");
    assertThat(whole.get("classes").get("dark").asInt()).isEqualTo(16);
    assertThat(whole.get("heights").get("most").asInt()).isEqualTo(16);
    JsonNode cut = Run.of("data", "stats", voc.toString(), "--boxes", "crop", "--json").json();
    assertThat(cut.get("layout").asText()).isEqualTo("boxes of Pascal VOC");
    assertThat(cut.get("widths").get("most").asInt()).isEqualTo(8);
    assertThat(Run.of("data", "check", voc.toString()).answered())
        .endsWith(
            """
            16 train, 4 test pictures from 16x16 to 16x16 pixels; 20 png, color
            nothing is wrong
            """);
  }

  @Test
  void previews_draw_whole_pictures_and_crops() {
    for (String boxes : new String[] {"keep", "crop"}) {
      Path sheet = temp.resolve(boxes + ".png");
      Run.of(
              "data",
              "preview",
              voc.toString(),
              "--boxes",
              boxes,
              "--pictures",
              "4",
              "--out",
              sheet.toString())
          .answered();
      assertThat(sheet).exists();
    }
    Run.of(
            "data",
            "preview",
            voc.toString(),
            "--boxes",
            "crop",
            "--recipe",
            "plain",
            "--set",
            "batch=16",
            "--out",
            temp.resolve("recipe.png").toString())
        .answered();
  }

  @Test
  void a_split_of_crops_is_a_manifest() {
    Path csv = temp.resolve("split.csv");

    assertThat(
            Run.of("data", "split", voc.toString(), "--boxes", "crop", "--out", csv.toString())
                .answered())
        .isEqualTo(csv + ": 28 train, 4 val, 8 test\n");
    assertThat(Run.of("data", "stats", csv.toString(), "--json").json().get("layout").asText())
        .isEqualTo("manifest");
  }

  @Test
  void localization_is_measured_and_written_where_asked() {
    Path run = trained();
    Path out = temp.resolve("located");
    String data = voc.toString();

    JsonNode json =
        Run.of(
                "eval",
                run.toString(),
                "--localization",
                "--method",
                "occlusion",
                "--data",
                data,
                "--limit",
                "3",
                "--out",
                out.toString(),
                "--json")
            .json();

    assertThat(json.get("images").asInt()).isEqualTo(3);
    assertThat(json.get("localization").get("method").asText()).isEqualTo("occlusion");
    assertThat(json.get("localization").get("examples").asInt()).isEqualTo(6);
    assertThat(out.resolve("localization.png")).exists();
    Run.of("eval", run.toString(), "--localization", "--data", "digits")
        .failedWith(
            1,
            "linnet: --localization: digits has no boxes (IDX); name Pascal VOC or COCO by --data");
  }

  @Test
  void options_that_do_not_go_with_localization_are_refused() {
    Run.of("eval", "run", "--method", "cam")
        .failed(2, "linnet: --method: is for --localization, which is not given");
    Run.of("eval", "run", "--out", "x")
        .failed(2, "linnet: --out: is for --robustness and --localization; neither is given");
    Run.of("eval", "run", "--localization", "--robustness")
        .failed(2, "linnet: --robustness and --localization: both are given; give one of the two");
    Run.of("eval", "run", "--localization", "--boxes", "crop")
        .failed(
            2,
            "linnet: --boxes: with --localization pictures stay whole and keep their boxes; leave"
                + " it out");
    Run.of("eval", "run", "--localization", "--method", "gradcam")
        .failed(
            2,
            "linnet: --method: got \"gradcam\"; must be cam, grad-cam, grad-cam++, score-cam,"
                + " integrated-gradients, smooth-grad or occlusion; did you mean \"grad-cam\"?");
  }
}
