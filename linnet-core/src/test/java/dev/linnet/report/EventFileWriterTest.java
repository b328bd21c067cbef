package dev.linnet.report;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bytes are those that TensorFlow's format prescribes; tools/golden/event_file.py made them.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class EventFileWriterTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochSecond(1_700_000_000, 250_000_000), ZoneOffset.UTC);

  @Test
  void scalars_are_the_bytes_that_tensorboard_writes(@TempDir Path folder) throws IOException {
    Path file;
    try (EventFileWriter writer = EventFileWriter.create(folder, CLOCK)) {
      file = writer.file();
      writer.scalars(300, Map.of("loss/train", 0.625));
    }
    assertThat(file).hasFileName("events.out.tfevents.1700000000.linnet");
    assertThat(hex(file)).isEqualTo(golden("scalars"));
  }

  @Test
  void a_resumed_run_tells_tensorboard_to_forget_later_steps(@TempDir Path folder)
      throws IOException {
    EventFileWriter.create(folder, CLOCK).close();
    Path file;
    try (EventFileWriter writer = EventFileWriter.resume(folder, CLOCK, 200)) {
      file = writer.file();
    }
    assertThat(file).hasFileName("events.out.tfevents.1700000000.linnet.1");
    assertThat(hex(file)).isEqualTo(golden("resume"));
  }

  @Test
  void a_record_is_in_the_file_when_the_call_returns(@TempDir Path folder) throws IOException {
    try (EventFileWriter writer = EventFileWriter.create(folder, CLOCK)) {
      long before = Files.size(writer.file());
      writer.scalars(1, Map.of("a", 1.0));
      // 12 of framing before, 4 after; time 9, step 2, summary 2 + value 2 + tag 3 + number 5
      assertThat(Files.size(writer.file()) - before).isEqualTo(16 + 9 + 2 + 12);
    }
  }

  private static String hex(Path file) throws IOException {
    return HexFormat.of().formatHex(Files.readAllBytes(file));
  }

  /** The line of the golden file that starts with the name. */
  private static String golden(String name) throws IOException {
    try (var in = EventFileWriterTest.class.getResourceAsStream("/golden/event_file.txt")) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), US_ASCII)
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElseThrow();
    }
  }
}
