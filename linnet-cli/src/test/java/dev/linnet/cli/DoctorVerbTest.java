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
final class DoctorVerbTest {
  @Test
  void everything_that_it_looks_at_is_in_the_json() {
    JsonNode json = Run.of("doctor", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .contains("machine", "java", "engine", "pictures", "terminal", "launcher", "findings")
        .endsWith("works");
    assertThat(json.get("engine").get("loads").asBoolean()).isTrue();
    assertThat(json.get("pictures").get("loads").asBoolean()).isTrue();
    assertThat(json.get("works").asBoolean()).isTrue();
    assertThat(json.get("machine").get("cores").asInt()).isPositive();
  }

  @Test
  void people_get_a_list_by_area() {
    assertThat(Run.of("doctor").answered())
        .startsWith("machine\n  system  ")
        .contains("\nengine\n  unpacked to  ");
  }

  @Test
  void decoded_pictures_on_disk_are_listed_with_the_way_to_remove_them(@TempDir Path temp)
      throws IOException {
    Path decoded = temp.resolve("pictures");
    Map<String, String> places = Map.of("LINNET_CACHE", temp.toString());
    assertThat(Run.with(places, "", "doctor").answered()).contains("none in " + decoded);

    Files.write(Files.createDirectories(decoded).resolve("7.pixels"), new byte[2_000_000]);

    assertThat(Run.with(places, "", "doctor").answered())
        .contains("0 MB of 1 sets in " + decoded + "; to free them: rm -r " + decoded);
  }

  @Test
  void a_device_that_is_not_there_is_wrong_and_exits_1() {
    Run run = Run.of("doctor", "--device", "cuda:7");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains(
            "wrong: --device: got cuda:7; this build of libtorch sees 0 CUDA devices; use --device"
                + " cpu, or build with -Pgpu on a machine with one");
  }

  @Test
  void settings_that_the_launcher_would_make_are_hints() {
    assertThat(Run.with(Map.of("GOMP_SPINCOUNT", "7"), "", "doctor").answered())
        .contains("GOMP_SPINCOUNT    7")
        .contains("hint: GLIBC_TUNABLES is not set; start by ./linnet, which sets it: ");
  }
}
