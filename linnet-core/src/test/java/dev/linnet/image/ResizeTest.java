package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Resize and evaluation crop against Pillow, torchvision and timm, to the last bit. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ResizeTest {
  private static final List<Interpolation> FILTERS =
      List.of(
          Interpolation.BILINEAR,
          Interpolation.BICUBIC,
          Interpolation.LANCZOS,
          Interpolation.BOX,
          Interpolation.HAMMING);

  /**
   * The groups of recorded results that are compared here; {@link PictureOperatorTest} has the
   * rest.
   */
  static final List<String> GROUPS = List.of("resize", "eval");

  static Stream<Named<JsonNode>> results() {
    return GoldenPictures.entries("operators.json", "pictures")
        .filter(entry -> GROUPS.contains(entry.get("group").asText()))
        .map(entry -> Named.of(entry.get("file").asText(), entry));
  }

  @ParameterizedTest
  @MethodSource("results")
  void equals_the_reference(JsonNode entry) {
    Picture source = GoldenPictures.picture("operators/" + entry.get("source").asText());
    Picture expected = GoldenPictures.picture("operators/" + entry.get("file").asText());

    Picture result = apply(source, entry.get("op").asText(), entry.get("args"));

    assertThat(result.size()).isEqualTo(expected.size());
    assertThat(GoldenPictures.distance(result, expected)).isZero();
    assertThat(GoldenPictures.sha256(result)).isEqualTo(entry.get("sha256_of_pixels").asText());
  }

  private static Picture apply(Picture source, String operator, JsonNode args) {
    RandomState none = RandomState.of(0);
    if (operator.startsWith("timm_eval_48")) {
      EvalTransform transform =
          EvalTransform.of(
              ImageSize.square(48), args.get("crop_pct").asDouble(), filter(args.get("mode")));
      return switch (operator) {
        case "timm_eval_48" -> transform.apply(source);
        case "timm_eval_48_squash" ->
            transform.withMode(EvalTransform.CropMode.SQUASH).apply(source);
        case "timm_eval_48_border" ->
            transform
                .withMode(EvalTransform.CropMode.BORDER)
                .withFill(List.of(124, 116, 104)) // round(255 * ImageNet's mean)
                .apply(source);
        default -> throw new IllegalArgumentException(operator);
      };
    }
    if (operator.equals("torchvision_eval_48")) {
      return Sequence.of(
              new ResizeShorter(args.get("resize").asInt(), filter(args.get("mode"))),
              new CenterCrop(ImageSize.square(48)))
          .apply(source, none);
    }
    int[] to = numbers(args.get("to"), "x");
    if (operator.equals("torchvision_center_crop_padded")) {
      return source.centerCrop(new ImageSize(to[0], to[1]));
    }
    ImageSize size = new ImageSize(to[1], to[0]);
    String name = operator.substring(operator.lastIndexOf('_') + 1);
    Interpolation interpolation = Interpolation.valueOf(name.toUpperCase(Locale.ROOT));
    if (operator.startsWith("crop_then_resize")) {
      int[] box = numbers(args.get("tlhw"), "-");
      Box window = new Box(box[0], box[1], new ImageSize(box[2], box[3]));
      return Resize.apply(source.crop(window), size, interpolation);
    }
    if (operator.startsWith("resized_crop")) {
      return Resize.apply(source, new Resize.Region(7.25f, 10.5f, 51.75f, 60), size, interpolation);
    }
    return Resize.apply(source, size, interpolation);
  }

  private static Interpolation filter(JsonNode name) {
    return Interpolation.valueOf(name.asText().toUpperCase(Locale.ROOT));
  }

  private static int[] numbers(JsonNode text, String separator) {
    return Arrays.stream(text.asText().split(separator)).mapToInt(Integer::parseInt).toArray();
  }

  @Test
  void grey_pictures_are_resized_as_each_channel_of_a_color_picture() {
    Picture source = GoldenPictures.picture("operators/src_face.png").gray();
    for (Interpolation interpolation : Interpolation.values()) {
      for (ImageSize size : List.of(new ImageSize(20, 31), new ImageSize(80, 77))) {
        assertThat(Resize.apply(source, size, interpolation).rgb())
            .isEqualTo(Resize.apply(source.rgb(), size, interpolation));
      }
    }
  }

  @Test
  void a_pass_that_changes_nothing_is_skipped() {
    Picture source = GoldenPictures.picture("operators/src_face.png");

    assertThat(Resize.apply(source, source.size(), Interpolation.LANCZOS)).isEqualTo(source);
  }

  @Seeds(60)
  void equals_the_plain_version_on_noise_of_any_size(long seed, RandomState random) {
    int channels = seed % 2 == 0 ? 1 : 3;
    Picture noise = RandomPictures.noise(RandomPictures.size(90, random), channels, random);
    ImageSize size = RandomPictures.size(90, random);
    Interpolation interpolation = FILTERS.get(random.nextInt(FILTERS.size()));
    float top = (float) random.nextDouble(0, noise.height() * 0.4);
    float left = (float) random.nextDouble(0, noise.width() * 0.4);
    Resize.Region region =
        seed % 3 == 0
            ? new Resize.Region(top, left, noise.height() - top, noise.width() - left)
            : Resize.Region.all(noise.size());

    assertThat(Resize.apply(noise, region, size, interpolation))
        .as("%s of %s to %s by %s", region, noise, size, interpolation)
        .isEqualTo(PlainResize.apply(noise, region, size, interpolation));
  }

  @Test
  void pictures_that_need_several_blocks_equal_the_plain_version() {
    RandomState random = RandomState.of(1);
    for (ImageSize from : List.of(new ImageSize(150, 6000), new ImageSize(6000, 150))) {
      Picture noise = RandomPictures.noise(from, 3, random);
      for (ImageSize to : List.of(new ImageSize(40, 50), new ImageSize(149, 151))) {
        assertThat(Resize.apply(noise, to, Interpolation.BICUBIC))
            .as("%s to %s", from, to)
            .isEqualTo(
                PlainResize.apply(noise, Resize.Region.all(from), to, Interpolation.BICUBIC));
      }
    }
  }

  @Test
  void one_pixel_becomes_a_plain_picture() {
    Picture pixel = Picture.filled(ImageSize.square(1), 10, 200, 255);
    for (Interpolation interpolation : Interpolation.values()) {
      assertThat(Resize.apply(pixel, new ImageSize(7, 5), interpolation))
          .isEqualTo(Picture.filled(new ImageSize(7, 5), 10, 200, 255));
    }
  }

  @Test
  void the_evaluation_crop_of_one_pixel_is_a_plain_picture() {
    EvalTransform transform = EvalTransform.of(ImageSize.square(224), 0.875, Interpolation.BICUBIC);

    assertThat(transform.apply(Picture.filled(ImageSize.square(1), 1, 2, 3)))
        .isEqualTo(Picture.filled(ImageSize.square(224), 1, 2, 3));
  }
}
