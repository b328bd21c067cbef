package dev.linnet.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.LinnetException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OneShotRunTest {
  private static final String LABELS =
      "run1/test/i1.png run1/training/c2.png\nrun1/test/i2.png  run1/training/c1.png\n\n";

  @TempDir Path temp;

  private void write(String labels) {
    Samples.pictures(
        temp,
        "run1/test/i1.png",
        "run1/test/i2.png",
        "run1/training/c1.png",
        "run1/training/c2.png");
    Samples.file(temp.resolve("run1/class_labels.txt"), labels.getBytes(UTF_8));
  }

  private String message(String labels) {
    write(labels);
    return message();
  }

  private String message() {
    try {
      OneShotRun.read(temp);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was read");
  }

  @Test
  void a_run_has_one_picture_of_each_class_and_others_to_be_told() {
    write(LABELS);
    List<OneShotRun> runs = OneShotRun.read(temp);
    assertThat(runs).hasSize(1);
    OneShotRun run = runs.get(0);
    assertThat(run.name()).isEqualTo("run1");
    assertThat(run.known().size()).isEqualTo(2);
    assertThat(run.known().name(0)).isEqualTo("run1/training/c1.png");
    assertThat(run.known().label(1)).isEqualTo(1);
    assertThat(run.asked().name(0)).isEqualTo("run1/test/i1.png");
    assertThat(run.asked().label(0)).isEqualTo(1);
    assertThat(run.asked().label(1)).isZero();
  }

  @Test
  void what_is_wrong_is_one_line() {
    assertThat(message("run1/test/i1.png\n"))
        .isEqualTo(
            "TEMP/run1/class_labels.txt: line 1 has not two paths: a picture and that of its class;"
                + " see the runs of Omniglot");
    assertThat(message(LABELS + "run1/test/i3.png run1/training/c1.png"))
        .isEqualTo(
            "TEMP/run1/class_labels.txt: line 3 names run1/test/i3.png, which is not there; see the"
                + " runs of Omniglot");
    assertThat(message(LABELS + "run1/test/i1.png run1/training/c1.png"))
        .isEqualTo(
            "TEMP/run1/class_labels.txt: line 3 names run1/test/i1.png a second time; see the runs"
                + " of Omniglot");
    assertThat(message("run1/test/i1.png run1/training/c1.png"))
        .isEqualTo("TEMP/run1/class_labels.txt: names fewer than two classes");
  }

  @Test
  void a_place_without_runs_is_one_line() {
    Samples.pictures(temp, "a/1.png");
    assertThat(message())
        .isEqualTo(
            "TEMP: has no one-shot run; each is a folder with a class_labels.txt, whose lines name"
                + " a picture and that of its class");
  }
}
