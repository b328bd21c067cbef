package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import dev.linnet.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RandomResizedCropTest {
  private static final RandomResizedCrop CROP = RandomResizedCrop.of(new ImageSize(20, 24));
  private static final String PHOTO = "formats/baseline_420.jpg";

  static Stream<JsonNode> cases() {
    return GoldenPictures.entries("random_resized_crop.json", "cases");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void windows_equal_torchvisions(JsonNode entry) {
    ImageSize picture = new ImageSize(entry.get("height").asInt(), entry.get("width").asInt());
    RandomResizedCrop crop =
        CROP.withScale(entry.get("scale").get(0).asDouble(), entry.get("scale").get(1).asDouble())
            .withRatio(entry.get("ratio").get(0).asDouble(), entry.get("ratio").get(1).asDouble());
    for (int seed = 0; seed < entry.get("windows").size(); seed++) {
      JsonNode window = entry.get("windows").get(seed);
      ImageSize size = new ImageSize(window.get(2).asInt(), window.get(3).asInt());

      assertThat(crop.draw(picture, RandomState.of(seed)))
          .as("seed %d", seed)
          .isEqualTo(new Box(window.get(0).asInt(), window.get(1).asInt(), size));
    }
  }

  @Seeds(500)
  void every_window_lies_inside_the_picture(RandomState random) {
    ImageSize picture = RandomPictures.size(60, random);

    assertThat(CROP.draw(picture, random).isInside(picture)).isTrue();
  }

  @Test
  void the_same_state_gives_the_same_picture() {
    Picture picture = GoldenPictures.picture(PHOTO);

    assertThat(CROP.apply(picture, RandomState.of(3)))
        .isEqualTo(CROP.apply(picture, RandomState.of(3)))
        .isNotEqualTo(CROP.apply(picture, RandomState.of(4)));
  }

  @Test
  void reading_a_file_equals_decoding_and_then_cropping() {
    DecodeOptions whole = DecodeOptions.DEFAULT.withScaledDecoding(ScaledDecoding.NEVER);
    for (String file :
        List.of("baseline_420.jpg", "rgba8.png", "lossy.webp", "rgb555.bmp", "transparent.gif")) {
      byte[] bytes = GoldenPictures.bytes("formats/" + file);
      for (ColorMode color : ColorMode.values()) {
        DecodeOptions options = whole.withColor(color);
        for (int seed = 0; seed < 5; seed++) {
          assertThat(CROP.decode(bytes, file, options, RandomState.of(seed)))
              .as("%s, %s, seed %d", file, color, seed)
              .isEqualTo(CROP.apply(Decoder.decode(bytes, file, options), RandomState.of(seed)));
        }
      }
    }
  }

  @Test
  void reading_a_turned_file_equals_turning_and_then_cropping() {
    DecodeOptions whole = DecodeOptions.DEFAULT.withScaledDecoding(ScaledDecoding.NEVER);
    for (int orientation = 1; orientation <= 8; orientation++) {
      String file = "orientation_" + orientation + ".jpg";
      byte[] bytes = GoldenPictures.bytes("formats/" + file);
      for (Orientation rule : Orientation.values()) {
        DecodeOptions options = whole.withOrientation(rule);

        assertThat(CROP.decode(bytes, file, options, RandomState.of(7)))
            .as("%s, %s", file, rule)
            .isEqualTo(CROP.apply(Decoder.decode(bytes, file, options), RandomState.of(7)));
      }
    }
  }

  @Test
  void scaled_decoding_shows_the_same_window() {
    RandomResizedCrop small = RandomResizedCrop.of(ImageSize.square(6)).withScale(0.5, 1);
    for (int orientation = 1; orientation <= 8; orientation++) {
      byte[] bytes = GoldenPictures.bytes("formats/orientation_" + orientation + ".jpg");
      DecodeOptions options = DecodeOptions.DEFAULT;
      for (int seed = 0; seed < 10; seed++) {
        Picture scaled = small.decode(bytes, "a", options, RandomState.of(seed));
        Picture exact =
            small.decode(
                bytes, "a", options.withScaledDecoding(ScaledDecoding.NEVER), RandomState.of(seed));

        assertThat(meanDistance(scaled, exact)).as("%d, %d", orientation, seed).isLessThan(14);
        assertThat(meanDistance(scaled, exact))
            .isLessThan(meanDistance(scaled.flipHorizontal(), exact));
      }
    }
  }

  /** The rule: the window, at the size at which it is decoded, is no smaller than the result. */
  @Test
  void a_window_is_decoded_at_the_least_size_that_is_not_below_the_target() {
    RandomResizedCrop whole = RandomResizedCrop.of(ImageSize.square(20)).withScale(1, 1);
    RandomState random = RandomState.of(1);
    DecodeOptions allowed = DecodeOptions.DEFAULT.withScaledDecoding(ScaledDecoding.ALLOWED);

    assertThat(whole.denominator(new ImageSize(39, 39), allowed, random)).isEqualTo(1);
    assertThat(whole.denominator(new ImageSize(40, 40), allowed, random)).isEqualTo(2);
    assertThat(whole.denominator(new ImageSize(80, 81), allowed, random)).isEqualTo(4);
    assertThat(whole.denominator(new ImageSize(999, 999), allowed, random)).isEqualTo(8);
    assertThat(
            whole.denominator(
                new ImageSize(40, 40), allowed.withScaledDecoding(ScaledDecoding.NEVER), random))
        .isEqualTo(1);
  }

  @Test
  void scaled_decoding_cannot_be_seen_in_photographs() throws IOException {
    RandomResizedCrop crop = RandomResizedCrop.of(ImageSize.square(112));
    DecodeOptions allowed = DecodeOptions.DEFAULT.withScaledDecoding(ScaledDecoding.ALLOWED);
    DecodeOptions never = allowed.withScaledDecoding(ScaledDecoding.NEVER);
    double sum = 0;
    double most = 0;
    int scaled = 0;
    for (Path file : photos()) {
      byte[] bytes = Files.readAllBytes(file);
      ImageSize size = ImageHeader.read(bytes, "a").size();
      for (int seed = 0; seed < 4; seed++) {
        if (crop.denominator(size, allowed, RandomState.of(seed)) > 1) {
          double distance =
              meanDistance(
                  crop.decode(bytes, "a", allowed, RandomState.of(seed)),
                  crop.decode(bytes, "a", never, RandomState.of(seed)));
          sum += distance;
          most = Math.max(most, distance);
          scaled++;
        }
      }
    }

    assertThat(scaled).isGreaterThan(40);
    assertThat(sum / scaled).as("levels of 255, on the average").isLessThan(1.5);
    assertThat(most).as("levels of 255, at most").isLessThan(5);
  }

  private static List<Path> photos() throws IOException {
    try (Stream<Path> all = Files.walk(Shared.path("data/imagenet_photos/val"))) {
      return all.filter(Files::isRegularFile).sorted().limit(40).toList();
    }
  }

  private static double meanDistance(Picture a, Picture b) {
    assertThat(a.size()).isEqualTo(b.size());
    double sum = 0;
    for (int row = 0; row < a.height(); row++) {
      for (int column = 0; column < a.width(); column++) {
        for (int c = 0; c < 3; c++) {
          sum += Math.abs(a.level(row, column, c) - b.level(row, column, c));
        }
      }
    }
    return sum / a.byteCount();
  }

  @Test
  void ranges_are_checked() {
    assertThatThrownBy(() -> CROP.withScale(0, 1))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("scale: got 0.0; must be in (0, 1]");
    assertThatThrownBy(() -> CROP.withScale(0.5, 0.4))
        .hasMessage("scale: got 0.4; must be in [minimum, 1]");
    assertThatThrownBy(() -> CROP.withRatio(0, 1)).hasMessage("ratio: got 0.0; must be above 0");
    assertThatThrownBy(() -> CROP.withRatio(2, 1))
        .hasMessage("ratio: got 1.0; must be at least the minimum");
  }
}
