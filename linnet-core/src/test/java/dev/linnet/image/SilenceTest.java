package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** A library does not print: not even the C libraries below it, when a file is broken. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SilenceTest {

  /** Reads files of all kinds, broken in their second half; runs in a process of its own. */
  static final class BrokenFiles {
    private BrokenFiles() {}

    public static void main(String[] args) {
      List<String> names =
          GoldenPictures.entries("formats/formats.json", "files")
              .map(entry -> entry.get("file").asText())
              .filter(name -> !name.endsWith(".jpg")) // libjpeg says that it mends damaged data
              .toList();
      int refused = 0;
      for (String name : names) {
        byte[] file = GoldenPictures.bytes("formats/" + name);
        Arrays.fill(file, file.length / 2, file.length * 3 / 4, (byte) 0xA5);
        try {
          Decoder.decode(file, name, DecodeOptions.DEFAULT);
        } catch (BadPictureException e) {
          refused++;
        }
      }
      if (refused < 40) {
        throw new IllegalStateException("refused " + refused + " of " + names.size());
      }
    }
  }

  /** Cuts windows out of JPEGs, of which no more is decoded than that. */
  static final class Windows {
    private Windows() {}

    public static void main(String[] args) {
      for (String name : List.of("baseline_420.jpg", "shapes_420.jpg", "grey.jpg", "restart.jpg")) {
        byte[] file = GoldenPictures.bytes("formats/" + name);
        for (int seed = 0; seed < 20; seed++) {
          RandomResizedCrop.of(ImageSize.square(8))
              .decode(file, name, DecodeOptions.DEFAULT, RandomState.of(seed));
        }
      }
    }
  }

  @Test
  void broken_files_leave_the_standard_streams_alone() throws IOException, InterruptedException {
    assertSilent(BrokenFiles.class);
  }

  @Test
  void windows_leave_the_standard_streams_alone() throws IOException, InterruptedException {
    assertSilent(Windows.class);
  }

  private static void assertSilent(Class<?> program) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), "-Xmx256m", program.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).isEmpty();
  }
}
