package dev.linnet.recipe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line loads the native libraries on another thread while a plan is begun. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PlanWithoutEngineTest {
  private static final String ASKED = "the device is asked for";

  @TempDir private Path folder;

  @Test
  void no_native_library_is_touched_before_the_device_is_asked_for() throws Exception {
    for (String name : List.of("a/1.png", "a/2.png", "b/1.png", "b/2.png")) {
      Path file = folder.resolve("photos").resolve(name);
      Files.createDirectories(file.getParent());
      Picture picture = Picture.of(new ImageSize(8, 8), 1, new byte[64]);
      Files.write(file, PngWriter.write(picture));
    }
    Path log = folder.resolve("classes.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:file=" + log,
                "-cp",
                System.getProperty("java.class.path"),
                Planner.class.getName()));
    command.addAll(List.of("digits", folder.resolve("photos").toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said.lines()).containsExactly(ASKED, ASKED);
    assertThat(Files.readString(log))
        .contains("dev.linnet.data.DataSource")
        .doesNotContain("org.bytedeco.javacpp"); // which loads them all
  }

  /** Plans trainings in a process of its own, as far as the question where to compute. */
  static final class Planner {
    private Planner() {}

    /** Takes names of data sets. */
    public static void main(String[] data) {
      Supplier<Device> nowhere =
          () -> {
            throw new IllegalStateException(ASKED);
          };
      for (String name : data) {
        LoadedRecipe recipe = RecipeReader.create().read("quick", Map.of("data", name), List.of());
        try {
          Experiment.plan(
              recipe,
              new Experiment.Surroundings(
                  Places.of(Map.of()), DownloadListener.NONE, nowhere, Hub.of(Map.of())));
        } catch (IllegalStateException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }
}
