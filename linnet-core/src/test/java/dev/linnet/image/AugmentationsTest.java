package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Results that {@code tools/golden/picture_augmentations.py} recorded with Pillow, torchvision and
 * timm: grey pictures, other magnitudes, lighting, elastic deformation, AugMix's mean. Within one
 * level; equal where nothing is rounded otherwise.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AugmentationsTest {
  /** The parts of the reference pictures that the script takes. */
  private static final Picture SQUARE =
      GoldenPictures.picture("operators/src_face.png").crop(new Box(10, 20, ImageSize.square(36)));

  private static final Picture GRAY =
      GoldenPictures.picture("operators/src_shapes.png")
          .gray()
          .crop(new Box(4, 4, new ImageSize(40, 48)));

  static Stream<Named<JsonNode>> results() {
    return GoldenPictures.entries("augmentations.json", "pictures")
        .map(
            entry ->
                Named.of(
                    entry.get("source").asText()
                        + " "
                        + entry.get("operator").asText()
                        + " "
                        + entry.get("args"),
                    entry));
  }

  @ParameterizedTest
  @MethodSource("results")
  void equals_the_reference_within_one_level(JsonNode entry) {
    boolean gray = entry.get("mode").asText().equals("L");
    Picture source = gray ? GRAY : SQUARE;
    Picture expected = GoldenPictures.picture("augmentations/" + entry.get("file").asText());

    Picture result = apply(source, entry.get("operator").asText(), entry.get("args"));

    assertThat(result.channels()).isEqualTo(gray ? 1 : 3);
    assertThat(GoldenPictures.distance(result, gray ? expected.gray() : expected))
        .isLessThanOrEqualTo(isExact(entry) ? 0 : 1);
  }

  private static boolean isExact(JsonNode entry) {
    String mode = entry.get("args").path("mode").asText("nearest");
    return mode.equals("nearest") && !entry.get("operator").asText().equals("torchvision_blur");
  }

  private static Picture apply(Picture source, String operator, JsonNode args) {
    Interpolation filter =
        Interpolation.valueOf(args.path("mode").asText("nearest").toUpperCase(Locale.ROOT));
    Sampling sampling = new Sampling(filter, Sampling.IMAGENET_FILL);
    return switch (operator) {
      case "torchvision_blur" ->
          new GaussianBlur(args.get("kernel").asInt(), args.get("sigma").asDouble()).apply(source);
      case "perspective" -> new PerspectiveWarp(corners(args), sampling).apply(source);
      case "lighting" -> lighting(args).apply(source);
      case "elastic" -> elastic(source, args, sampling);
      case "mix" -> mix().apply(source);
      default ->
          new PictureStep(
                  PictureOperator.valueOf(operator), args.path("amount").asDouble(0), sampling)
              .apply(source);
    };
  }

  private static List<PerspectiveWarp.Corner> corners(JsonNode args) {
    List<PerspectiveWarp.Corner> corners = new ArrayList<>();
    for (JsonNode corner : args.get("corners")) {
      corners.add(new PerspectiveWarp.Corner(corner.get(0).asInt(), corner.get(1).asInt()));
    }
    return corners;
  }

  /** The color of dev.linnet.tricks.Lighting for three factors. */
  private static ColorShift lighting(JsonNode args) {
    double[][] axes = {
      {-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}
    };
    double[] values = {0.2175, 0.0188, 0.0045};
    double[] shift = new double[3];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < 3; i++) {
        shift[c] += 255 * axes[c][i] * values[i] * args.get("alphas").get(i).asDouble();
      }
    }
    return new ColorShift(shift[0], shift[1], shift[2]);
  }

  private static Picture elastic(Picture source, JsonNode args, Sampling sampling) {
    double a = args.get("a").asDouble();
    double b = args.get("b").asDouble();
    float[] right = new float[(int) source.size().area()];
    float[] down = new float[right.length];
    for (int i = 0; i < right.length; i++) {
      right[i] = (float) (a * Math.sin(0.37 * 2 * i) + b * Math.cos(0.011 * 2 * i));
      down[i] = (float) (a * Math.sin(0.37 * (2 * i + 1)) + b * Math.cos(0.011 * (2 * i + 1)));
    }
    return new ElasticWarp(0, 1, 1, sampling).apply(source, right, down);
  }

  private static PictureMix mix() {
    return new PictureMix(
        0.4,
        List.of(
            new PictureMix.Chain(0.25, List.of(PictureStep.of(PictureOperator.ROTATE, 10))),
            new PictureMix.Chain(
                0.2,
                List.of(
                    PictureStep.of(PictureOperator.EQUALIZE, 0),
                    PictureStep.of(PictureOperator.SOLARIZE, 100))),
            new PictureMix.Chain(0.15, List.of(PictureStep.of(PictureOperator.POSTERIZE, 3)))));
  }

  @Test
  void every_operator_is_recorded() {
    assertThat(results().map(named -> named.getPayload().get("operator").asText()).distinct())
        .containsAll(
            Stream.of(PictureOperator.values())
                .filter(operator -> operator != PictureOperator.IDENTITY)
                .map(Enum::name)
                .toList());
  }

  @Test
  void no_bits_are_black() {
    assertThat(PictureStep.of(PictureOperator.POSTERIZE, 0).apply(SQUARE))
        .isEqualTo(Picture.filled(SQUARE.size(), 0, 0, 0));
  }

  @Test
  void an_elastic_warp_is_a_function_of_its_seed() {
    ElasticWarp warp = new ElasticWarp(7, 50, 3, Sampling.NEAREST);

    assertThat(warp.apply(SQUARE)).isEqualTo(warp.apply(SQUARE)).isNotEqualTo(SQUARE);
    assertThat(new ElasticWarp(8, 50, 3, Sampling.NEAREST).apply(SQUARE))
        .isNotEqualTo(warp.apply(SQUARE));
    assertThat(new ElasticWarp(7, 0, 3, Sampling.NEAREST).apply(SQUARE)).isEqualTo(SQUARE);
  }

  @Seeds(60)
  void every_operator_keeps_size_and_channels_of_any_picture(long seed, RandomState random) {
    int channels = seed % 2 == 0 ? 1 : 3;
    Picture noise = RandomPictures.noise(RandomPictures.size(40, random), channels, random);
    Interpolation filter = Sampling.FILTERS.get(random.nextInt(3));
    Sampling sampling = new Sampling(filter, List.of(random.nextInt(256)));
    for (PictureOperator operator : PictureOperator.values()) {
      double amount = operator == PictureOperator.HUE ? 0.3 : random.nextDouble(0, 8);
      Picture before = Picture.of(noise.size(), channels, noise.pixels());

      Picture result = new PictureStep(operator, amount, sampling).apply(noise);

      assertThat(result.size()).as("%s", operator).isEqualTo(noise.size());
      assertThat(result.channels()).as("%s", operator).isEqualTo(channels);
      assertThat(noise).as("%s leaves the given picture", operator).isEqualTo(before);
    }
    List<PictureEdit> edits =
        List.of(
            new GaussianBlur(23, 2),
            new ElasticWarp(seed, 40, 4, new Sampling(Interpolation.BILINEAR, List.of(9))),
            new ColorShift(9, -300, 4.5),
            new PerspectiveWarp(
                List.of(corner(0, 0), corner(9, 1), corner(8, 9), corner(1, 7)), sampling));
    for (PictureEdit edit : edits) {
      assertThat(edit.apply(noise).size()).as("%s", edit).isEqualTo(noise.size());
      assertThat(edit.apply(noise).channels()).as("%s", edit).isEqualTo(channels);
    }
  }

  @Seeds(40)
  void a_grey_picture_is_warped_as_each_channel_of_a_color_picture(long seed, RandomState random) {
    Picture gray = RandomPictures.noise(RandomPictures.size(40, random), 1, random);
    Sampling sampling =
        new Sampling(Sampling.FILTERS.get((int) (seed % 3)), List.of(random.nextInt(256)));
    Affine affine =
        new Affine(
            random.nextDouble(-2, 2),
            random.nextDouble(-2, 2),
            random.nextDouble(-9, 9),
            random.nextDouble(-2, 2),
            random.nextDouble(-2, 2),
            random.nextDouble(-9, 9));

    assertThat(Warp.affine(gray, affine, sampling).rgb())
        .isEqualTo(Warp.affine(gray.rgb(), affine, sampling));
  }

  private static PerspectiveWarp.Corner corner(int x, int y) {
    return new PerspectiveWarp.Corner(x, y);
  }

  @Test
  void wrong_values_are_named() {
    assertThatThrownBy(() -> new Sampling(Interpolation.LANCZOS, List.of(0)))
        .hasMessage("interpolation: got LANCZOS; must be nearest, bilinear or bicubic");
    assertThatThrownBy(() -> new Sampling(Interpolation.NEAREST, List.of(0, 256, 0)))
        .hasMessage("fill: got [0, 256, 0]; must be one or three levels in [0, 255]");
    assertThatThrownBy(() -> new GaussianBlur(4, 1))
        .hasMessage("kernel: got 4; must be odd, in [1, 255]");
    assertThatThrownBy(() -> new GaussianBlur(3, 0))
        .hasMessage("sigma: got 0.0; must be in (0, 1000]");
    assertThatThrownBy(() -> new ElasticWarp(0, 1, 32, Sampling.NEAREST))
        .hasMessage("sigma: got 32.0; must be in (0, 31]");
  }
}
