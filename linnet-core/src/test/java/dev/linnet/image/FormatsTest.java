package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pixels against Pillow 13, for the files that {@code tools/golden/pictures.py} made. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FormatsTest {
  private static final DecodeOptions AS_STORED =
      DecodeOptions.DEFAULT.withOrientation(Orientation.IGNORE);

  /** OpenCV's formula for CMYK rounds down twice. */
  private static final List<String> CMYK =
      List.of("adobe_cmyk.jpg", "adobe_ycck.jpg", "cmyk_without_adobe.jpg");

  /** Pillow clips 16-bit grey at 255; we take the upper 8 bits. */
  private static final String GREY16 = "grey16.png";

  static Stream<Named<JsonNode>> files() {
    return GoldenPictures.entries("formats/formats.json", "files")
        .map(entry -> Named.of(entry.get("file").asText(), entry));
  }

  static Stream<Named<JsonNode>> exactFiles() {
    return files().filter(file -> !CMYK.contains(file.getName()) && !file.getName().equals(GREY16));
  }

  private static byte[] bytes(JsonNode entry) {
    return GoldenPictures.bytes("formats/" + entry.get("file").asText());
  }

  @ParameterizedTest
  @MethodSource("files")
  void the_header_says_what_pillow_says(JsonNode entry) {
    ImageHeader header = ImageHeader.read(bytes(entry), "a");

    assertThat(header.format()).hasToString(entry.get("format").asText());
    assertThat(header.size())
        .isEqualTo(
            new ImageSize(
                entry.get("size_wh").get(1).asInt(), entry.get("size_wh").get(0).asInt()));
    assertThat(header.exifOrientation()).isEqualTo(entry.get("orientation").asInt());
  }

  @ParameterizedTest
  @MethodSource("exactFiles")
  void colors_equal_pillows(JsonNode entry) {
    Picture picture = Decoder.decode(bytes(entry), "a", AS_STORED);

    assertThat(GoldenPictures.sha256(picture)).isEqualTo(entry.get("rgb_sha256").asText());
  }

  @ParameterizedTest
  @MethodSource("exactFiles")
  void luminance_equals_pillows(JsonNode entry) {
    Picture picture = Decoder.decode(bytes(entry), "a", AS_STORED.withColor(ColorMode.GRAY));

    assertThat(picture.channels()).isEqualTo(1);
    assertThat(GoldenPictures.sha256(picture)).isEqualTo(entry.get("grey_sha256").asText());
  }

  @ParameterizedTest
  @MethodSource("exactFiles")
  void upright_pictures_equal_pillows(JsonNode entry) {
    Picture picture = Decoder.decode(bytes(entry), "a", DecodeOptions.DEFAULT);

    assertThat(GoldenPictures.sha256(picture)).isEqualTo(entry.get("upright_sha256").asText());
  }

  @Test
  void cmyk_is_within_two_levels_of_pillows() {
    for (String file : CMYK) {
      Picture picture = GoldenPictures.picture("formats/" + file);
      Picture expected = GoldenPictures.picture("formats/expected/" + file + ".png");

      assertThat(GoldenPictures.distance(picture, expected)).as(file).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void sixteen_bit_grey_keeps_its_upper_eight_bits() {
    assertThat(GoldenPictures.picture("formats/grey16.png"))
        .isEqualTo(GoldenPictures.picture("formats/grey8.png"));
  }

  @Test
  void the_format_is_known_by_the_first_bytes_whatever_the_name() {
    byte[] png = GoldenPictures.bytes("formats/pixel.png");

    assertThat(ImageHeader.read(png, "photo.jpg").format()).isEqualTo(ImageFormat.PNG);
  }

  @Test
  void one_pixel_is_a_picture_in_every_format() {
    for (String extension : List.of("jpg", "png", "webp", "gif")) {
      assertThat(GoldenPictures.picture("formats/pixel." + extension).size())
          .isEqualTo(ImageSize.square(1));
    }
  }
}
