package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a window needs of a JPEG is decoded, and is what decoding all of it gives. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class JpegTopTest {
  private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT;

  static List<String> files() {
    return GoldenPictures.entries("formats/formats.json", "files")
        .map(entry -> entry.get("file").asText())
        .filter(name -> name.endsWith(".jpg"))
        .toList();
  }

  private static byte[] bytes(String name) {
    return GoldenPictures.bytes("formats/" + name);
  }

  /** A part of the upright picture at a part of its size, of which no more is decoded than that. */
  private static Picture part(byte[] file, String name, int denominator, Box box) {
    ImageHeader header = ImageHeader.read(file, name);
    try (Decoded decoded = Decoded.open(file, name, header, OPTIONS, denominator, box)) {
      Resize.Part part = new Resize.Part(box, Resize.Region.all(box.size()));
      return decoded.resized(part, box.size(), Interpolation.NEAREST);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void the_upper_rows_are_those_of_the_whole(String name) {
    byte[] file = bytes(name);
    for (int denominator = 1; denominator <= 8; denominator *= 2) {
      Picture whole = Decoder.decode(file, name, OPTIONS, denominator);
      for (int bottom = 1; bottom <= whole.height(); bottom++) {
        int top = Math.max(0, bottom - 7);
        Box box = new Box(top, 0, new ImageSize(bottom - top, whole.width()));

        assertThat(part(file, name, denominator, box))
            .as("rows %d to %d at 1/%d", top, bottom, denominator)
            .isEqualTo(whole.crop(box));
      }
    }
  }

  private static Optional<JpegTop> top(String name, int rows) {
    return JpegTop.of(new FileBytes(bytes(name), name, "JPEG"), rows);
  }

  @ParameterizedTest
  @ValueSource(strings = {"baseline_420.jpg", "shapes_420.jpg", "baseline_422.jpg", "grey.jpg"})
  void a_sequential_file_ends_below_the_rows_in_whole_units(String name) {
    int height = ImageHeader.read(bytes(name), name).size().height();
    int unit = name.endsWith("420.jpg") ? 16 : 8;

    JpegTop one = top(name, 1).orElseThrow();
    assertThat(one.height()).isEqualTo(unit);
    assertThat(one.file()).hasSize(bytes(name).length - 2);
    assertThat(ImageHeader.read(one.file(), name).size().height()).isEqualTo(unit);
    assertThat(top(name, unit + 1).map(JpegTop::height)).contains(2 * unit);
    assertThat(top(name, height)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"progressive.jpg", "grey_progressive.jpg", "restart.jpg", "trailing_bytes.jpg"})
  void other_files_stay_whole(String name) {
    assertThat(top(name, 1)).isEmpty();
  }

  /** The scan is broken somewhere; whoever decodes all of it gets the same rows. */
  @Seeds(200)
  void of_a_broken_file_the_rows_are_those_of_the_whole_too(RandomState random) {
    String name = "shapes_420.jpg";
    byte[] file = bytes(name);
    switch (random.nextInt(3)) {
      case 0 -> { // it ends too early
        file = Arrays.copyOf(file, file.length / 2 + random.nextInt(file.length / 2));
        file[file.length - 2] = (byte) 0xFF;
        file[file.length - 1] = (byte) 0xD9;
      }
      case 1 -> { // a marker, of whatever kind
        int at = file.length / 2 + random.nextInt(file.length / 2 - 2);
        file[at] = (byte) 0xFF;
        file[at + 1] = (byte) (0xC0 + random.nextInt(0x40));
      }
      default -> file[file.length / 2 + random.nextInt(file.length / 2 - 2)] ^= 0x55;
    }
    Picture whole;
    try {
      whole = Decoder.decode(file, name, OPTIONS);
    } catch (BadPictureException e) {
      return; // its upper rows may be whole, or not
    }
    int bottom = 1 + random.nextInt(whole.height());
    Box box = new Box(0, 0, new ImageSize(bottom, whole.width()));

    assertThat(part(file, name, 1, box)).isEqualTo(whole.crop(box));
  }
}
