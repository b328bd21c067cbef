package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class MetricsJsonlTest {
  @Test
  void a_line_has_the_update_first_and_the_values_in_order(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("epoch", 1);
    values.put("loss", 2.25);
    values.put("event", "line\nfeed");
    try (MetricsJsonl jsonl = MetricsJsonl.create(file)) {
      jsonl.append(50, values);
      assertThat(Files.readString(file, UTF_8))
          .isEqualTo("{\"update\":50,\"epoch\":1,\"loss\":2.25,\"event\":\"line\\nfeed\"}\n");
    }
  }

  @Test
  void what_json_does_not_have_becomes_null(@TempDir Path folder) {
    Path file = folder.resolve("metrics.jsonl");
    try (MetricsJsonl jsonl = MetricsJsonl.create(file)) {
      jsonl.append(1, Map.of("loss", Double.NaN));
      jsonl.append(2, Map.of("loss", Float.NEGATIVE_INFINITY));
    }
    assertThat(file).hasContent("{\"update\":1,\"loss\":null}\n{\"update\":2,\"loss\":null}\n");
  }

  @Test
  void resume_keeps_the_lines_up_to_the_resumed_update(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(
        file, "{\"update\":10,\"a\":1}\n{\"update\":20}\n{\"update\":30}\n{\"upda", UTF_8);
    try (MetricsJsonl jsonl = MetricsJsonl.resume(file, 20)) {
      jsonl.append(21, Map.of());
    }
    assertThat(Files.readString(file, UTF_8))
        .isEqualTo("{\"update\":10,\"a\":1}\n{\"update\":20}\n{\"update\":21}\n");
  }

  @Test
  void a_line_that_is_none_of_ours_is_refused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(file, "{\"step\":10}\n", UTF_8);
    assertThatThrownBy(() -> MetricsJsonl.resume(file, 20))
        .isInstanceOf(LinnetException.class)
        .hasMessage(file + ": got the line {\"step\":10}; must have a whole number \"update\"");
    Files.writeString(file, "{\n", UTF_8);
    assertThatThrownBy(() -> MetricsJsonl.resume(file, 20))
        .isInstanceOf(LinnetException.class)
        .hasMessage(file + ": got the line {; must be a JSON object");
  }
}
