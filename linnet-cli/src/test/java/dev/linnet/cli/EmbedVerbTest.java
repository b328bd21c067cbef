package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.train.FeatureTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code embed} of a small run on dark and bright noise. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class EmbedVerbTest {
  @TempDir private static Path shared;

  @TempDir private Path folder;

  @BeforeAll
  static void trainsOnDarkAndBright() {
    Pictures.folders(shared.resolve("data"), 20);
    Run.of(
            "train",
            "--quiet",
            "--data",
            data(),
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
  }

  private static String data() {
    return shared.resolve("data").toString();
  }

  private static String run() {
    return shared.resolve("run").toString();
  }

  @Test
  void features_have_names_and_classes() throws IOException {
    Path file = folder.resolve("f.csv");
    JsonNode json =
        Run.of("embed", run(), "--data", data(), "--limit", "3", "--out", file.toString(), "--json")
            .json();
    assertThat(json.get("pictures").intValue()).isEqualTo(6);
    assertThat(json.get("width").intValue()).isEqualTo(64);
    assertThat(Files.readAllLines(file))
        .hasSize(7)
        .first()
        .asString()
        .startsWith("picture,class,f0,");
    assertThat(Files.readAllLines(file).get(1)).matches(".*bright/.*,bright,.*|.*dark/.*,dark,.*");
  }

  @Test
  void a_layer_in_the_middle_and_the_projector() {
    Path file = folder.resolve("f.safetensors");
    Path projector = folder.resolve("projector");
    assertThat(
            Run.of(
                    "embed",
                    run(),
                    "--data",
                    data(),
                    "--layer",
                    "layer2",
                    "--out",
                    file.toString(),
                    "--tensorboard",
                    projector.toString())
                .answered())
        .matches("(?s).*f.safetensors: \\d+ pictures, 32 features of layer2\n");
    assertThat(FeatureTable.load(file).width()).isEqualTo(32);
    assertThat(projector.resolve("projector_config.pbtxt")).exists();
    assertThat(projector.resolve("sprite.png")).exists();
  }

  @Test
  void what_is_asked_wrongly_is_one_line() {
    Run.of("embed", run(), "--quiet")
        .failed(
            2,
            "linnet: \"linnet embed\" needs --out FILE (.csv, .npy or .safetensors) or"
                + " --tensorboard FOLDER");
    Run.of("embed", run(), "--out", "f.txt", "--quiet")
        .failed(
            2,
            "linnet: --out: got f.txt; must end in .csv, .npy or .safetensors, or name the format"
                + " by --format");
    Run.of("embed", run(), "--out", folder.resolve("f.csv").toString(), "--batch", "0", "--quiet")
        .failed(2, "linnet: --batch: got 0; must be at least 1");
    Run.of(
            "embed",
            run(),
            "--data",
            data(),
            "--layer",
            "layr2",
            "--out",
            folder.resolve("f.csv").toString(),
            "--quiet")
        .failedWith(
            1,
            "linnet: layer: got \"layr2\"; must be a layer of the network; did you mean"
                + " \"layer2\"?");
  }
}
