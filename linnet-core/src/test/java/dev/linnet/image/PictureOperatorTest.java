package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every recorded result of Pillow, torchvision and timm that {@link ResizeTest} does not have, each
 * within one level; where the arithmetic is Pillow's to the bit, equal.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PictureOperatorTest {

  static Stream<Named<JsonNode>> results() {
    return GoldenPictures.entries("operators.json", "pictures")
        .filter(entry -> !ResizeTest.GROUPS.contains(entry.get("group").asText()))
        .map(entry -> Named.of(entry.get("file").asText(), entry));
  }

  @ParameterizedTest
  @MethodSource("results")
  void equals_the_reference_within_one_level(JsonNode entry) {
    Picture source = GoldenPictures.picture("operators/" + entry.get("source").asText());
    Picture expected = GoldenPictures.picture("operators/" + entry.get("file").asText());
    if (entry.get("mode").asText().equals("L")) {
      expected = expected.gray();
    }

    Picture result =
        apply(source, entry.get("group").asText(), entry.get("op").asText(), new Args(entry));

    assertThat(result.size()).isEqualTo(expected.size());
    assertThat(result.channels()).isEqualTo(expected.channels());
    assertThat(GoldenPictures.distance(result, expected))
        .isLessThanOrEqualTo(isExact(entry) ? 0 : 1);
  }

  /** Whether nothing is rounded otherwise than in the reference. */
  private static boolean isExact(JsonNode entry) {
    String mode = entry.get("args").path("mode").asText("nearest");
    return mode.equals("nearest")
        && !List.of("torchvision_gaussian_blur", "elastic").contains(entry.get("op").asText());
  }

  @Test
  void every_recorded_result_is_compared_here_or_in_the_test_of_resize() {
    assertThat(results().count() + ResizeTest.results().count())
        .isEqualTo(GoldenPictures.entries("operators.json", "pictures").count())
        .isEqualTo(311);
  }

  private static Picture apply(Picture source, String group, String operator, Args args) {
    return switch (group) {
      case "randaugment" -> step(operator, args.magnitude(operator), args.sampling()).apply(source);
      case "trivialaugment_wide" -> {
        String name = operator.substring("wide_".length());
        yield step(name, args.number("m"), args.sampling()).apply(source);
      }
      case "timm" -> timm(source, operator, args);
      case "enhance" -> {
        String name = operator.substring("enhance_".length()).toUpperCase(Locale.ROOT);
        yield PictureStep.of(PictureOperator.valueOf(name), args.number("factor")).apply(source);
      }
      case "jitter", "grey", "blur" -> photometric(source, operator, args);
      case "geometry" -> geometry(source, operator, args);
      default -> throw new IllegalArgumentException("no test for the group " + group);
    };
  }

  /** torchvision's {@code _apply_op}: its enhancements are distances from 1. */
  private static PictureStep step(String name, double magnitude, Sampling sampling) {
    PictureOperator operator =
        Arrays.stream(PictureOperator.values())
            .filter(known -> known.title().equals(name))
            .findFirst()
            .orElseThrow();
    double amount =
        switch (operator) {
          case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> 1 + magnitude;
          case TRANSLATE_X, TRANSLATE_Y -> (int) magnitude;
          default -> magnitude;
        };
    return new PictureStep(operator, amount, sampling);
  }

  private static Picture timm(Picture source, String operator, Args args) {
    Sampling sampling = new Sampling(args.filter(), Sampling.IMAGENET_FILL);
    PictureStep step =
        switch (operator) {
          case "SolarizeAdd" -> PictureStep.of(PictureOperator.SOLARIZE_ADD, args.number("add"));
          case "PosterizeBits" -> PictureStep.of(PictureOperator.POSTERIZE, args.number("bits"));
          case "timm_rotate" ->
              new PictureStep(PictureOperator.ROTATE, args.number("deg"), sampling);
          case "timm_shear_x" ->
              new PictureStep(PictureOperator.SHEAR_X, args.number("factor"), sampling);
          case "timm_shear_y" ->
              new PictureStep(PictureOperator.SHEAR_Y, args.number("factor"), sampling);
          case "timm_translate_x_rel" ->
              new PictureStep(
                  PictureOperator.TRANSLATE_X, -args.number("pct") * source.width(), sampling);
          case "timm_translate_y_rel" ->
              new PictureStep(
                  PictureOperator.TRANSLATE_Y, -args.number("pct") * source.height(), sampling);
          default -> throw new IllegalArgumentException(operator);
        };
    return step.apply(source);
  }

  private static Picture photometric(Picture source, String operator, Args args) {
    return switch (operator) {
      case "adjust_hue" -> PictureStep.of(PictureOperator.HUE, args.number("hue")).apply(source);
      case "jitter_chain" -> {
        Picture picture = PictureStep.of(PictureOperator.BRIGHTNESS, 1.3).apply(source);
        picture = PictureStep.of(PictureOperator.CONTRAST, 0.7).apply(picture);
        picture = PictureStep.of(PictureOperator.COLOR, 1.4).apply(picture);
        yield PictureStep.of(PictureOperator.HUE, 0.05).apply(picture);
      }
      case "adjust_gamma" -> {
        double gamma = args.number("gamma");
        yield Levels.map(source, level -> (int) (255.999 * Math.pow(level / 255.0, gamma)));
      }
      case "grayscale_L" -> source.gray();
      case "pillow_gaussian_blur" ->
          PictureStep.of(PictureOperator.GAUSSIAN_BLUR, args.number("radius")).apply(source);
      case "torchvision_gaussian_blur" ->
          new GaussianBlur((int) args.number("kernel"), args.number("sigma")).apply(source);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private static Picture geometry(Picture source, String operator, Args args) {
    Sampling sampling = new Sampling(args.filter(), Sampling.IMAGENET_FILL);
    return switch (operator) {
      case "perspective" -> new PerspectiveWarp(args.corners(), sampling).apply(source);
      case "rotate" ->
          args.number("expand") == 1
              ? rotatedWhole(source, args.number("deg"), sampling)
              : new PictureStep(PictureOperator.ROTATE, args.number("deg"), sampling).apply(source);
      case "affine" -> Warp.affine(source, affine(source.size()), sampling);
      case "hflip" -> source.flipHorizontal();
      case "vflip" -> new Turn(3).upright(source).flipHorizontal();
      case "pad_zero" -> source.pad((int) args.number("pad"));
      case "pad_reflect" -> padReflected(source, (int) args.number("pad"));
      case "elastic" -> {
        float[] right = new float[(int) source.size().area()];
        float[] down = new float[right.length];
        for (int i = 0; i < right.length; i++) {
          right[i] = 0.1f * (float) Math.sin(2 * i * 0.37);
          down[i] = 0.1f * (float) Math.sin((2 * i + 1) * 0.37);
        }
        yield new ElasticWarp(0, 1, 1, sampling).apply(source, right, down);
      }
      default -> throw new IllegalArgumentException(operator);
    };
  }

  /** Pillow's {@code rotate(expand=True)}. */
  private static Picture rotatedWhole(Picture source, double degrees, Sampling sampling) {
    Affine turn = Affine.rotation(degrees, source.size());
    double[] xs = new double[4];
    double[] ys = new double[4];
    for (int i = 0; i < 4; i++) {
      double x = i == 1 || i == 2 ? source.width() : 0;
      double y = i >= 2 ? source.height() : 0;
      xs[i] = turn.a() * x + turn.b() * y + turn.c();
      ys[i] = turn.d() * x + turn.e() * y + turn.f();
    }
    ImageSize size = new ImageSize(side(ys), side(xs));
    double x = -(size.width() - source.width()) / 2.0;
    double y = -(size.height() - source.height()) / 2.0;
    Affine moved =
        new Affine(
            turn.a(),
            turn.b(),
            turn.a() * x + turn.b() * y + turn.c(),
            turn.d(),
            turn.e(),
            turn.d() * x + turn.e() * y + turn.f());
    return Warp.affine(source, size, moved, sampling);
  }

  private static int side(double[] ends) {
    return (int)
        (Math.ceil(Arrays.stream(ends).max().orElseThrow())
            - Math.floor(Arrays.stream(ends).min().orElseThrow()));
  }

  /** torchvision's inverse matrix of: 15°, moved by (4, −3), scaled by 0.9, sheared by (8°, 5°). */
  private static Affine affine(ImageSize size) {
    double turn = Math.toRadians(15);
    double shearX = Math.toRadians(8);
    double shearY = Math.toRadians(5);
    double scale = 0.9;
    double a = Math.cos(turn - shearY) / Math.cos(shearY);
    double b = -a * Math.tan(shearX) - Math.sin(turn);
    double c = Math.sin(turn - shearY) / Math.cos(shearY);
    double d = -c * Math.tan(shearX) + Math.cos(turn);
    double x = size.width() * 0.5;
    double y = size.height() * 0.5;
    double right = -x - 4;
    double down = -y + 3;
    return new Affine(
        d / scale,
        -b / scale,
        (d * right - b * down) / scale + x,
        -c / scale,
        a / scale,
        (-c * right + a * down) / scale + y);
  }

  private static Picture padReflected(Picture source, int border) {
    ImageSize size = new ImageSize(source.height() + 2 * border, source.width() + 2 * border);
    byte[] pixels = new byte[(int) size.area() * 3];
    for (int i = 0; i < pixels.length; i++) {
      int x = GaussianBlur.mirrored(i / 3 % size.width() - border, source.width());
      int y = GaussianBlur.mirrored(i / 3 / size.width() - border, source.height());
      pixels[i] = (byte) source.level(y, x, i % 3);
    }
    return Picture.wrap(size, 3, pixels);
  }

  /** The recorded arguments. */
  private record Args(JsonNode entry) {
    private JsonNode args() {
      return entry.get("args");
    }

    double number(String name) {
      return args().get(name).asDouble();
    }

    Interpolation filter() {
      return Interpolation.valueOf(args().path("mode").asText("nearest").toUpperCase(Locale.ROOT));
    }

    Sampling sampling() {
      return new Sampling(
          filter(),
          args().path("fill").asText("none").equals("none") ? List.of(0) : Sampling.IMAGENET_FILL);
    }

    /** The magnitude of a bin of 31, signed as recorded. */
    double magnitude(String operator) {
      if (!args().has("bin")) {
        return 0;
      }
      double recorded = number("m");
      double top = Map.of("ShearX", 0.3, "ShearY", 0.3, "Rotate", 30.0).getOrDefault(operator, 0.0);
      double exact = (float) (top * number("bin") / 30) * Math.signum(recorded);
      return top > 0 ? exact : recorded;
    }

    List<PerspectiveWarp.Corner> corners() {
      return Arrays.stream(args().get("end").asText().split(";"))
          .map(pair -> pair.split(","))
          .map(
              pair ->
                  new PerspectiveWarp.Corner(Integer.parseInt(pair[0]), Integer.parseInt(pair[1])))
          .toList();
    }
  }
}
