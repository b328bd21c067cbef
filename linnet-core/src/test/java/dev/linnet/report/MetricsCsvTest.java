package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class MetricsCsvTest {
  private static final List<String> COLUMNS = List.of("epoch", "loss", "note");

  @Test
  void a_row_is_in_the_file_as_soon_as_it_is_appended(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("metrics.csv");
    try (MetricsCsv csv = MetricsCsv.create(file, COLUMNS)) {
      assertThat(file).hasContent("epoch,loss,note\n");
      csv.append(Map.of("loss", 0.1 + 0.2, "epoch", 1, "note", "a \"b\", c"));
      csv.append(Map.of("epoch", 2));
      assertThat(Files.readString(file, UTF_8))
          .isEqualTo("epoch,loss,note\n1,0.30000000000000004,\"a \"\"b\"\", c\"\n2,,\n");
    }
  }

  @Test
  void what_was_written_reads_back(@TempDir Path folder) {
    Path file = folder.resolve("metrics.csv");
    try (MetricsCsv csv = MetricsCsv.create(file, COLUMNS)) {
      csv.append(Map.of("epoch", 1, "loss", 1e-7, "note", "größer"));
    }
    assertThat(MetricsCsv.read(file))
        .containsExactly(Map.of("epoch", "1", "loss", "1.0E-7", "note", "größer"));
    assertThat(MetricsCsv.read(folder.resolve("none.csv"))).isEmpty();
  }

  @Test
  void resume_keeps_the_rows_up_to_the_resumed_epoch_and_goes_on(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("metrics.csv");
    try (MetricsCsv csv = MetricsCsv.create(file, COLUMNS)) {
      for (int epoch = 1; epoch <= 4; epoch++) {
        csv.append(Map.of("epoch", epoch, "loss", 1.0 / epoch));
      }
    }
    try (MetricsCsv csv = MetricsCsv.resume(file, COLUMNS, 2)) {
      csv.append(Map.of("epoch", 3, "loss", 0.25));
    }
    assertThat(Files.readString(file, UTF_8))
        .isEqualTo("epoch,loss,note\n1,1.0,\n2,0.5,\n3,0.25,\n");
  }

  @Test
  void resume_drops_a_row_that_was_cut_off(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("metrics.csv");
    Files.writeString(file, "epoch,loss,note\n1,0.5,\n2,0.2", UTF_8);
    MetricsCsv.resume(file, COLUMNS, 9).close();
    assertThat(Files.readString(file, UTF_8)).isEqualTo("epoch,loss,note\n1,0.5,\n");
  }

  @Test
  void resume_with_a_further_column_leaves_it_empty_in_old_rows(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("metrics.csv");
    Files.writeString(file, "epoch,loss\n1,0.5\n", UTF_8);
    MetricsCsv.resume(file, List.of("epoch", "top1", "loss"), 1).close();
    assertThat(Files.readString(file, UTF_8)).isEqualTo("epoch,top1,loss\n1,,0.5\n");
  }

  @Test
  void resume_without_a_file_starts_one(@TempDir Path folder) {
    Path file = folder.resolve("metrics.csv");
    MetricsCsv.resume(file, COLUMNS, 3).close();
    assertThat(file).hasContent("epoch,loss,note\n");
  }

  @Test
  void create_replaces_what_was_there(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("metrics.csv");
    Files.writeString(file, "epoch,loss,note\n1,0.5,\n", StandardOpenOption.CREATE_NEW);
    MetricsCsv.create(file, COLUMNS).close();
    assertThat(file).hasContent("epoch,loss,note\n");
  }

  @Test
  void a_table_that_is_none_of_ours_is_refused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("metrics.csv");
    Files.writeString(file, "epoch,loss\none,0.5\n", UTF_8);
    assertThatThrownBy(() -> MetricsCsv.resume(file, COLUMNS, 1))
        .isInstanceOf(LinnetException.class)
        .hasMessage(file + ": got \"one\" in the first column; must be a whole number");
    Files.writeString(file, "epoch,loss\n1,\"0\n", UTF_8);
    assertThatThrownBy(() -> MetricsCsv.resume(file, COLUMNS, 1))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith(file + ": is no CSV (");
  }

  @Test
  void a_value_without_a_column_is_misuse(@TempDir Path folder) {
    try (MetricsCsv csv = MetricsCsv.create(folder.resolve("metrics.csv"), COLUMNS)) {
      assertThatThrownBy(() -> csv.append(Map.of("epoch", 1, "los", 2)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("los is no column of [epoch, loss, note]");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_full_disk_is_one_line() {
    Path full = Path.of("/dev/full");
    try (AppendFile file = AppendFile.atEnd(full)) {
      assertThatThrownBy(() -> file.append("1,2"))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "/dev/full: cannot be written (No space left on device);"
                  + " free space or choose another place");
    }
  }
}
