package dev.linnet.train.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureInfo;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Picture;
import dev.linnet.metric.Predictions;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Conv2d;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import dev.linnet.testing.LiveObjects;
import dev.linnet.testing.Seeds;
import dev.linnet.train.robustness.Robustness.Detected;
import dev.linnet.train.robustness.Robustness.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RobustnessTest {
  private static final JsonNode GOLDEN = Golden.json("robustness.json").get("attack");

  private final Scope scope = Scope.open("robustness test");

  @AfterEach
  void close() {
    scope.close();
  }

  // ------------------------------------------------------------------ recorded values

  private static Classifier lenet() {
    Classifier model =
        Zoo.find("lenet5")
            .create(ModelOptions.DEFAULT.withInChannels(1).withClasses(10), Device.CPU, random());
    HashWeights.fill(model, GOLDEN.get("gain").doubleValue());
    return model;
  }

  private static RandomState random() {
    return RandomState.of(0);
  }

  private static Normalization digits() {
    return new Normalization(
        List.of(GOLDEN.get("mean").doubleValue()), List.of(GOLDEN.get("std").doubleValue()));
  }

  private static Tensor hashedLevels() {
    float[] levels = new float[GOLDEN.get("images").intValue() * 28 * 28];
    for (int j = 0; j < levels.length; j++) {
      double u = HashWeights.uniform(GOLDEN.get("picture").intValue(), j);
      levels[j] = (float) Math.floor(256 * (u + 0.5));
    }
    return Tensor.of(levels, GOLDEN.get("images").intValue(), 1, 28, 28);
  }

  private static Tensor targets() {
    return Tensor.of(Golden.longs(GOLDEN.get("targets")));
  }

  private static double[] logits(Predictions predictions) {
    return IntStream.range(0, predictions.size() * predictions.classes())
        .mapToDouble(i -> predictions.logit(i / predictions.classes(), i % predictions.classes()))
        .toArray();
  }

  @Test
  void the_gradient_by_levels_and_attacked_pictures_are_those_of_pytorch() {
    JsonNode golden = GOLDEN.get("fgsm");
    try (Classifier model = lenet();
        Probe probe = new Probe(model, Device.CPU, DType.FLOAT32, digits())) {
      Tensor levels = hashedLevels();
      assertThat(logits(probe.answers(probe.input(levels), targets())))
          .containsExactly(Golden.doubles(GOLDEN.get("logits")), within(1e-3));
      Tensor gradient = probe.gradient(levels, targets(), 1);
      assertThat(gradient.norm().item())
          .isCloseTo(golden.get("gradient_norm").doubleValue(), within(1e-4));
      assertThat(gradient.narrow(0, 0, 1).narrow(2, 0, 1).contiguous().toDoubles())
          .containsExactly(Golden.doubles(golden.get("gradient_first_row")), within(1e-5));
      for (int epsilon : new int[] {1, 8}) {
        JsonNode expected = golden.get(String.valueOf(epsilon));
        Tensor attacked = Fgsm.perturb(levels, gradient, epsilon);
        int uncertain = golden.get("near_zero").intValue();
        assertThat(attacked.to(DType.FLOAT64).sum().item())
            .isCloseTo(expected.get("sum").doubleValue(), within(2.0 * epsilon * uncertain + 0.5));
        assertThat(attacked.narrow(0, 0, 1).narrow(2, 0, 1).contiguous().toDoubles())
            .containsExactly(Golden.doubles(expected.get("first_row")));
        assertThat(logits(probe.answers(probe.input(attacked), targets())))
            .containsExactly(Golden.doubles(expected.get("logits")), within(2e-2));
      }
    }
  }

  @Test
  void the_scores_of_odin_are_those_of_its_authors_code() {
    JsonNode golden = GOLDEN.get("odin");
    assertThat(Odin.DEFAULT)
        .isEqualTo(
            new Odin(golden.get("temperature").doubleValue(), golden.get("epsilon").doubleValue()));
    try (Classifier model = lenet();
        Probe probe = new Probe(model, Device.CPU, DType.FLOAT32, digits())) {
      Tensor levels = hashedLevels();
      Predictions plain = probe.answers(probe.input(levels), targets());
      long[] own = IntStream.range(0, plain.size()).mapToLong(plain::predicted).toArray();
      Tensor gradient = probe.gradient(levels, Tensor.of(own), Odin.DEFAULT.temperature());
      Predictions odin =
          probe.answers(probe.input(Odin.DEFAULT.perturb(levels, gradient)), targets());
      assertThat(logits(odin)).containsExactly(Golden.doubles(golden.get("logits")), within(5e-3));
      for (int i = 0; i < plain.size(); i++) {
        assertThat(odin.withTemperature(Odin.DEFAULT.temperature()).confidence(i))
            .isCloseTo(golden.get("scores").get(i).doubleValue(), within(2e-6));
        assertThat(plain.confidence(i))
            .isCloseTo(golden.get("confidences").get(i).doubleValue(), within(1e-4));
      }
    }
  }

  // ------------------------------------------------------------------ pictures

  @Test
  void holes_grow_in_the_middle_as_in_the_paper() {
    assertThat(Occlusion.holes(ImageSize.square(224), 8))
        .extracting(Box::height)
        .containsExactly(0, 28, 56, 84, 112, 140, 168, 196, 224);
    assertThat(Occlusion.holes(ImageSize.square(28), 8))
        .containsExactly(
            new Box(14, 14, 0, 0),
            new Box(12, 12, 4, 4),
            new Box(10, 10, 7, 7),
            new Box(8, 8, 11, 11),
            new Box(7, 7, 14, 14),
            new Box(5, 5, 18, 18),
            new Box(3, 3, 21, 21),
            new Box(1, 1, 25, 25),
            new Box(0, 0, 28, 28));
    assertThat(Occlusion.holes(new ImageSize(4, 8), 2))
        .containsExactly(new Box(2, 4, 0, 0), new Box(1, 2, 2, 4), new Box(0, 0, 4, 8));
    assertThat(Occlusion.holes(new ImageSize(2, 1), 8)).hasSizeLessThanOrEqualTo(4);
  }

  @Test
  void center_and_border_are_zero_inside_and_outside_of_the_hole() {
    Tensor ones = Tensor.ones(DType.FLOAT32, Device.CPU, 1, 1, 4, 4);
    Box hole = Occlusion.centered(ImageSize.square(4), 2, 2);
    assertThat(Occlusion.center(ones, hole).toFloats())
        .containsExactly(1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1);
    assertThat(Occlusion.border(ones, hole).toFloats())
        .containsExactly(0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0);
    assertThat(ones.sum().item()).isEqualTo(16);
    Box nothing = Occlusion.centered(ImageSize.square(4), 0, 0);
    assertThat(Occlusion.center(ones, nothing).sum().item()).isEqualTo(16);
    assertThat(Occlusion.border(ones, nothing).sum().item()).isZero();
  }

  @Test
  void pairs_are_blended_by_lambda_and_pasted_in_the_hole() {
    Tensor a = Tensor.full(1, DType.FLOAT32, Device.CPU, 1, 1, 4, 4);
    Tensor b = Tensor.full(3, DType.FLOAT32, Device.CPU, 1, 1, 4, 4);
    assertThat(InBetween.mixup(a, b, 0.75).toFloats()).containsOnly(1.5f);
    assertThat(InBetween.mixup(a, b, 1).toFloats()).containsOnly(1);
    assertThat(InBetween.mixup(a, b, 0).toFloats()).containsOnly(3);
    Box hole = Occlusion.centered(ImageSize.square(4), 2, 2);
    assertThat(InBetween.cutmix(a, b, hole).toFloats())
        .containsExactly(1, 1, 1, 1, 1, 3, 3, 1, 1, 3, 3, 1, 1, 1, 1, 1);
    assertThat(InBetween.ratio(ImageSize.square(4), hole)).isEqualTo(0.75);
    assertThat(a.sum().item()).isEqualTo(16);
  }

  @Seeds(20)
  void an_attack_stays_within_epsilon_and_within_the_levels(RandomState random) {
    Tensor levels = Tensor.uniform(0, 255, random, DType.FLOAT32, 2, 3, 5, 4);
    Tensor gradient = Tensor.normal(0, 1, random, DType.FLOAT32, 2, 3, 5, 4);
    double epsilon = random.nextDouble(0, 40);
    Tensor attacked = Fgsm.perturb(levels, gradient, epsilon);
    assertThat(attacked.sub(levels).abs().max(all()).item()).isLessThanOrEqualTo(epsilon + 1e-4);
    assertThat(attacked.max(all()).item()).isLessThanOrEqualTo(255);
    assertThat(attacked.neg().max(all()).item()).isLessThanOrEqualTo(0);
    assertThat(Fgsm.perturb(levels, gradient, 0).equalBits(levels)).isTrue();
  }

  private static dev.linnet.tensor.Dims all() {
    return dev.linnet.tensor.Dims.of(0, 1, 2, 3);
  }

  @Test
  void a_gradient_of_zero_attacks_nothing_and_counts_as_rising_for_odin() {
    Tensor levels = Tensor.full(100, DType.FLOAT32, Device.CPU, 1, 1, 1, 3);
    Tensor gradient = Tensor.of(new float[] {-2, 0, 3}, 1, 1, 1, 3);
    assertThat(Fgsm.perturb(levels, gradient, 4).toFloats()).containsExactly(96, 100, 104);
    assertThat(new Odin(1000, 0.2).perturb(levels, gradient).toFloats())
        .containsExactly(151, 49, 49);
  }

  @Test
  void turned_pictures_and_enlarged_parts() {
    Tensor levels = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
    assertThat(Foreign.View.TURNED.of(levels).contiguous().toFloats()).containsExactly(2, 4, 1, 3);
    Tensor wide = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 1, 2, 3);
    assertThat(Foreign.View.TURNED.of(wide).contiguous().toFloats())
        .containsExactly(6, 5, 4, 3, 2, 1);
    float[] bright = new float[64];
    for (int i : new int[] {27, 28, 35, 36}) {
      bright[i] = 200;
    }
    Tensor enlarged = Foreign.View.PARTS.of(Tensor.of(bright, 1, 1, 8, 8));
    assertThat(enlarged.sub(200).abs().max(all()).item()).isLessThan(1e-3);
  }

  @Test
  void noise_has_levels_alone_and_the_same_seed_gives_the_same() {
    for (Foreign.Noise noise : Foreign.Noise.values()) {
      Tensor drawn = noise.draw(RandomState.of(3), 4, 3, new ImageSize(6, 5));
      assertThat(drawn.shape().toArray()).containsExactly(4, 3, 6, 5);
      assertThat(drawn.max(all()).item()).isLessThanOrEqualTo(255);
      assertThat(drawn.neg().max(all()).item()).isLessThanOrEqualTo(0);
      assertThat(drawn.equalBits(noise.draw(RandomState.of(3), 4, 3, new ImageSize(6, 5))))
          .isTrue();
    }
  }

  // ------------------------------------------------------------------ the whole

  /** The mean of each of some maps, and of them three classes. */
  private static final class Tiny extends Classifier {
    private final Conv2d conv;

    private Tiny(ModelOptions options) {
      super(options);
      conv = child("conv", Conv2d.of(options.inChannels(), 4, 3));
      head("fc", 4);
    }

    static Tiny of(int channels) {
      Tiny tiny = new Tiny(ModelOptions.DEFAULT.withInChannels(channels).withClasses(3));
      tiny.materialize(Device.CPU, random());
      return tiny;
    }

    @Override
    public Tensor features(Tensor x) {
      return conv.forward(x).relu();
    }
  }

  /** Pictures of three classes; brightness tells them. */
  private record Bright(ImageSize pixels, int channels, List<Integer> labels, List<Integer> broken)
      implements PictureSet {
    static Bright of(ImageSize size, int channels, int images) {
      return new Bright(
          size, channels, IntStream.range(0, images).map(i -> i % 3).boxed().toList(), List.of());
    }

    @Override
    public int size() {
      return labels.size();
    }

    @Override
    public List<String> classes() {
      return List.of("dark", "grey", "bright");
    }

    @Override
    public int label(int index) {
      return labels.get(index);
    }

    @Override
    public String name(int index) {
      return "picture " + index;
    }

    @Override
    public Picture read(int index, DecodeOptions options) {
      if (broken.contains(index)) {
        throw new BadPictureException(name(index), "is broken");
      }
      RandomState random = RandomState.of(index);
      byte[] levels = new byte[(int) pixels.area() * channels];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) (80 * label(index) + random.nextInt(90));
      }
      return Picture.of(pixels, channels, levels);
    }

    @Override
    public PictureInfo info(int index) {
      return new PictureInfo("png", pixels, channels, 1);
    }

    @Override
    public String fingerprint() {
      return "bright";
    }
  }

  private static final RobustnessPlan SMALL =
      new RobustnessPlan(3, 4, List.of(0.0, 2.0, 8.0), Odin.DEFAULT, 0);

  private final List<String> warnings = new ArrayList<>();

  private RobustnessEvaluator evaluator(
      Classifier model, ImageSize size, RobustnessPlan plan, int batch) {
    boolean isGrey = model.inChannels() == 1;
    PictureLoader.Reading reading =
        new PictureLoader.Reading(
            DecodeOptions.DEFAULT.withColor(isGrey ? ColorMode.GRAY : ColorMode.RGB),
            new EvalTransform(
                size,
                1,
                Interpolation.BILINEAR,
                EvalTransform.CropMode.SQUASH,
                List.of(128, 128, 128)),
            size,
            isGrey ? new Normalization(List.of(0.5), List.of(0.25)) : Normalization.IMAGENET);
    return new RobustnessEvaluator(
        model,
        Device.CPU,
        DType.FLOAT32,
        new RobustnessEvaluator.Input(reading, batch, 0, BadPictures.Limit.DEFAULT, warnings::add),
        plan);
  }

  private static RobustnessEvaluator.Sets only(PictureSet test) {
    return new RobustnessEvaluator.Sets(test, Optional.empty(), List.of());
  }

  private Robustness measure(Bright set, RobustnessPlan plan, int batch) {
    try (Classifier model = Tiny.of(3)) {
      HashWeights.fill(model, 2);
      return evaluator(model, set.pixels, plan, batch).run(only(set), (what, done, left) -> {});
    }
  }

  @Test
  void what_changes_nothing_leaves_the_plain_error() {
    Robustness found = measure(Bright.of(ImageSize.square(16), 3, 30), SMALL, 8);
    double plain = (30 - Math.rint(0.3 * found.clean().top1())) / 30;
    assertThat(found.clean().images()).isEqualTo(30);
    assertThat(found.center().get(0)).isEqualTo(new Point(0, plain));
    assertThat(found.border().get(3)).isEqualTo(new Point(16, plain));
    assertThat(found.fgsm().get(0)).isEqualTo(new Point(0, plain));
    // all that is covered is covered either way
    assertThat(found.center().get(3).error()).isEqualTo(found.border().get(0).error());
    assertThat(found.mixup()).extracting(Point::at).containsExactly(0.0, 0.25, 0.5, 0.75, 1.0);
    assertThat(found.mixup().get(4).error()).isEqualTo(found.cutmix().get(0).error());
    assertThat(found.mixup().get(0).error()).isEqualTo(found.cutmix().get(3).error());
    assertThat(found.calibration().images()).isEqualTo(15);
    assertThat(found.calibration().fitted()).isEqualTo(15);
    assertThat(found.detections()).extracting(Detected::images).containsOnly(30L);
    assertThat(found.detections())
        .extracting(Detected::data)
        .containsExactly(
            "uniform noise",
            "uniform noise",
            "Gaussian noise",
            "Gaussian noise",
            "turned pictures",
            "turned pictures",
            "enlarged parts",
            "enlarged parts");
  }

  @Test
  void the_same_seed_gives_the_same_figures_and_another_other_pairs() {
    Bright set = Bright.of(ImageSize.square(16), 3, 24);
    Robustness found = measure(set, SMALL, 8);
    Robustness again = measure(set, SMALL, 8);
    assertThat(again.mixup()).isEqualTo(found.mixup());
    assertThat(again.calibration()).isEqualTo(found.calibration());
    assertThat(again.detections()).isEqualTo(found.detections());
    assertThat(Selection.partners(set, 1).label(0)).isNotEqualTo(set.label(0));
    assertThat(names(Selection.partners(set, 1))).isNotEqualTo(names(Selection.partners(set, 0)));
  }

  private static List<String> names(PictureSet set) {
    return IntStream.range(0, set.size()).mapToObj(set::name).toList();
  }

  @Seeds(20)
  void a_partner_is_of_another_class_and_a_limit_holds_for_each_class(RandomState random) {
    Bright set = Bright.of(ImageSize.square(2), 1, 2 + random.nextInt(40));
    long seed = random.nextInt(1000);
    PictureSet partners = Selection.partners(set, seed);
    assertThat(partners.size()).isEqualTo(set.size());
    for (int i = 0; i < set.size(); i++) {
      assertThat(partners.label(i)).isNotEqualTo(set.label(i));
    }
    int limit = 1 + random.nextInt(5);
    PictureSet few = PictureSubset.ofEachClass(set, limit, seed);
    for (int label = 0; label < 3; label++) {
      int wanted = label;
      long there = set.labels().stream().filter(l -> l == wanted).count();
      assertThat(IntStream.range(0, few.size()).filter(i -> few.label(i) == wanted).count())
          .isEqualTo(Math.min(limit, there));
    }
    assertThat(PictureSubset.ofAll(set, limit, seed).size()).isEqualTo(Math.min(limit, set.size()));
  }

  @Test
  void grey_pictures_that_are_no_squares_and_foreign_ones_are_measured() {
    Bright test = Bright.of(new ImageSize(12, 12), 1, 9);
    Bright validation = Bright.of(new ImageSize(10, 14), 1, 12);
    Bright foreign = Bright.of(new ImageSize(30, 20), 1, 40);
    ImageSize size = new ImageSize(24, 32);
    try (Classifier model = Tiny.of(1)) {
      Robustness found =
          evaluator(model, size, SMALL, 4)
              .run(
                  new RobustnessEvaluator.Sets(
                      test,
                      Optional.of(validation),
                      List.of(new RobustnessEvaluator.Sets.Named("mine", foreign))),
                  (what, done, left) -> {});
      assertThat(found.center()).extracting(Point::at).containsExactly(0.0, 8.0, 16.0, 24.0);
      assertThat(found.calibration().fitted()).isEqualTo(12);
      assertThat(found.calibration().fittedOn()).isEqualTo("the validation split");
      assertThat(found.calibration().images()).isEqualTo(9);
      Detected last = found.detections().get(found.detections().size() - 1);
      assertThat(last.data()).isEqualTo("mine");
      assertThat(last.images()).isEqualTo(9);
    }
  }

  @Test
  void broken_pictures_are_left_out_alone_and_in_pairs() {
    Bright whole = Bright.of(ImageSize.square(16), 3, 30);
    Robustness found =
        measure(
            new Bright(whole.pixels, 3, whole.labels, List.of(0, 17)),
            SMALL.withEpsilons(List.of()),
            8);
    assertThat(found.clean().images()).isEqualTo(28);
    assertThat(warnings)
        .contains("picture 0: is broken (skipped)", "picture 17: is broken (skipped)");
    assertThat(found.fgsm()).isEmpty();
  }

  @Test
  void progress_rises_to_the_end_and_the_weights_get_no_gradients() {
    Bright set = Bright.of(ImageSize.square(16), 3, 12);
    List<Double> shares = new ArrayList<>();
    try (Classifier model = Tiny.of(3)) {
      evaluator(model, set.pixels, SMALL, 6).run(only(set), (what, done, left) -> shares.add(done));
      assertThat(model.isTraining()).isFalse();
      model
          .parameters()
          .values()
          .forEach(
              p -> {
                assertThat(p.value().grad()).isNull();
                assertThat(p.value().requiresGrad()).isTrue();
              });
    }
    assertThat(shares).isSorted().allMatch(share -> share > 0 && share <= 1);
    assertThat(shares.get(shares.size() - 1)).isEqualTo(1);
  }

  @Test
  void a_measurement_leaves_nothing_behind() {
    Bright set = Bright.of(ImageSize.square(16), 3, 8);
    try (Classifier model = Tiny.of(3)) {
      RobustnessEvaluator evaluator = evaluator(model, set.pixels, SMALL, 4);
      evaluator.run(only(set), (what, done, left) -> {});
      long before = LiveObjects.settled();
      for (int i = 0; i < 3; i++) {
        evaluator.run(only(set), (what, done, left) -> {});
      }
      assertThat(LiveObjects.settled()).isLessThanOrEqualTo(before);
    }
  }

  // ------------------------------------------------------------------ wrong values

  @Test
  void too_few_pictures_or_classes_are_one_line() {
    ImageSize size = ImageSize.square(16);
    fails(
        () -> measure(new Bright(size, 3, List.of(1), List.of()), SMALL, 4),
        "robustness: got 1 picture; needs 2 or more, of 2 or more classes");
    fails(
        () -> measure(new Bright(size, 3, List.of(), List.of()), SMALL, 4),
        "robustness: got 0 pictures; needs 2 or more, of 2 or more classes");
    fails(
        () -> measure(new Bright(size, 3, List.of(2, 2, 2), List.of()), SMALL, 4),
        "robustness: all 3 pictures are of the class \"bright\"; needs 2 or more classes, as pairs"
            + " of them are mixed");
  }

  @Test
  void wrong_plans_are_named() {
    refuses(
        () -> new RobustnessPlan(0, 1, List.of(), Odin.DEFAULT, 0),
        "robustness.holes: got 0; must be in [1, 64]");
    refuses(
        () -> new RobustnessPlan(1, 65, List.of(), Odin.DEFAULT, 0),
        "robustness.ratios: got 65; must be in [1, 64]");
    refuses(
        () -> new RobustnessPlan(1, 1, List.of(-1.0), Odin.DEFAULT, 0),
        "robustness.epsilons: got [-1.0]; must be levels in [0, 255] each");
    refuses(() -> new Odin(0.5, 0), "odin.temperature: got 0.5; must be in [1, 100000]");
    refuses(() -> new Odin(1, -0.1), "odin.epsilon: got -0.1; must be in [0, 1]");
    refuses(
        () -> PictureSubset.ofEachClass(Bright.of(ImageSize.square(2), 1, 3), 0, 0),
        "limit: got 0; must be at least 1");
  }

  private static void fails(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(LinnetException.class).hasMessage(line);
  }

  private static void refuses(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }

  private static Offset<Double> within(double tolerance) {
    return Offset.offset(tolerance);
  }
}
