package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.image.ColorShift;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureMix;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import dev.linnet.image.Sampling;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What each trick draws: which operators, how often, in which range. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PictureTricksTest {
  private static final ImageSize SIZE = new ImageSize(48, 64);
  private static final int DRAWS = 3000;

  private static List<List<PictureEdit>> draws(PictureTrick trick) {
    List<List<PictureEdit>> draws = new ArrayList<>();
    for (int i = 0; i < DRAWS; i++) {
      draws.add(trick.draw(RandomState.of(i), SIZE));
    }
    return draws;
  }

  private static List<PictureStep> steps(PictureTrick trick) {
    return draws(trick).stream().flatMap(List::stream).map(PictureStep.class::cast).toList();
  }

  private static Map<PictureOperator, Integer> counts(PictureTrick trick) {
    Map<PictureOperator, Integer> counts = new TreeMap<>();
    steps(trick).forEach(step -> counts.merge(step.operator(), 1, Integer::sum));
    return counts;
  }

  // ------------------------------------------------------------------ policies

  @Test
  void rand_augment_of_torchvision_draws_each_of_14_operators_equally_often() {
    Map<PictureOperator, Integer> counts = counts(RandAugment.DEFAULT);

    assertThat(counts).hasSize(14);
    assertThat(counts.values()).allSatisfy(n -> assertThat(n).isBetween(340, 520)); // 429
  }

  @Test
  void rand_augment_of_torchvision_has_one_magnitude_and_both_signs() {
    Map<PictureOperator, List<Double>> amounts = new LinkedHashMap<>();
    steps(RandAugment.DEFAULT)
        .forEach(
            step ->
                amounts
                    .computeIfAbsent(step.operator(), o -> new ArrayList<>())
                    .add(step.amount()));

    assertThat(amounts.get(PictureOperator.ROTATE)).containsOnly(9.0, -9.0);
    assertThat(amounts.get(PictureOperator.TRANSLATE_X)).containsOnly(8.0, -8.0);
    assertThat(amounts.get(PictureOperator.POSTERIZE)).containsOnly(7.0);
  }

  @Test
  void rand_augment_of_timm_lets_each_operator_act_half_of_the_time() {
    RandAugment trick = RandAugment.timm(9, 0.5);
    Map<PictureOperator, Integer> counts = counts(trick);

    assertThat(counts).hasSize(15).doesNotContainKey(PictureOperator.IDENTITY);
    assertThat(steps(trick)).hasSizeBetween(2850, 3150);
    assertThat(draws(trick)).allSatisfy(edits -> assertThat(edits).hasSizeBetween(0, 2));
  }

  @Test
  void rand_augment_of_timm_draws_the_level_round_its_mean() {
    List<Double> levels =
        steps(RandAugment.timm(9, 0.5)).stream()
            .filter(step -> step.operator() == PictureOperator.ROTATE)
            .map(step -> Math.abs(step.amount()) / 3)
            .toList();

    double mean = levels.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    double variance =
        levels.stream().mapToDouble(l -> (l - mean) * (l - mean)).average().orElseThrow();
    assertThat(mean).isCloseTo(9, within(0.15));
    assertThat(Math.sqrt(variance)).isCloseTo(0.5, within(0.1));
    assertThat(levels).allSatisfy(level -> assertThat(level).isBetween(0.0, 10.0));
  }

  @Test
  void warps_of_timm_draw_their_filter_and_fill_with_imagenet_s_mean() {
    List<Sampling> samplings =
        steps(RandAugment.timm(9, 0.5)).stream()
            .filter(step -> step.operator() == PictureOperator.SHEAR_X)
            .map(PictureStep::sampling)
            .distinct()
            .toList();

    assertThat(samplings)
        .containsExactlyInAnyOrder(
            new Sampling(Interpolation.BILINEAR, List.of(124, 116, 104)),
            new Sampling(Interpolation.BICUBIC, List.of(124, 116, 104)));
    assertThat(steps(RandAugment.timm(9, 0).withInterpolation(WarpFilter.BILINEAR)))
        .filteredOn(step -> step.operator() == PictureOperator.ROTATE)
        .allSatisfy(
            step -> assertThat(step.sampling().interpolation()).isEqualTo(Interpolation.BILINEAR));
  }

  @Test
  void trivial_augment_draws_one_operator_and_every_bin() {
    Map<PictureOperator, Integer> counts = counts(TrivialAugment.DEFAULT);

    assertThat(counts).hasSize(14);
    assertThat(counts.values()).allSatisfy(n -> assertThat(n).isBetween(160, 270)); // 214
    assertThat(steps(TrivialAugment.DEFAULT))
        .hasSize(DRAWS)
        .filteredOn(step -> step.operator() == PictureOperator.ROTATE)
        .extracting(PictureStep::amount)
        .allSatisfy(angle -> assertThat(angle).isBetween(-135.0, 135.0))
        .anySatisfy(angle -> assertThat(Math.abs(angle)).isGreaterThan(120));
  }

  @Test
  void a_policy_draws_one_line_and_lets_each_step_act_by_its_chance() {
    Policy policy =
        new Policy(
            "",
            Convention.TORCHVISION,
            List.of(
                new Policy.SubPolicy(
                    List.of(new Policy.Step("Invert", 0.25, 0), new Policy.Step("Solarize", 1, 9))),
                new Policy.SubPolicy(List.of(new Policy.Step("Equalize", 0, 0)))));
    AutoAugment trick = AutoAugment.DEFAULT.withPolicy(policy);
    Map<PictureOperator, Integer> counts = counts(trick);

    assertThat(counts).containsOnlyKeys(PictureOperator.INVERT, PictureOperator.SOLARIZE);
    assertThat(counts.get(PictureOperator.SOLARIZE)).isBetween(1400, 1600);
    assertThat(counts.get(PictureOperator.INVERT)).isBetween(310, 440);
    assertThat(draws(trick))
        .filteredOn(edits -> edits.size() == 2)
        .allSatisfy(edits -> assertThat(edits).asString().isEqualTo("[Invert, Solarize 0]"));
  }

  @Test
  void a_policy_is_written_as_in_the_paper() {
    Policy.SubPolicy line =
        new Policy.SubPolicy(
            List.of(new Policy.Step("Posterize", 0.4, 8), new Policy.Step("AutoContrast", 0.6, 0)));

    assertThat(line).hasToString("Posterize(0.4, 8) → AutoContrast(0.6)");
    assertThat(new Policy.Step("Rotate", 1, 0)).hasToString("Rotate(1, 0)");
  }

  @Test
  void a_policy_of_auto_must_be_chosen_first() {
    assertThatThrownBy(() -> AutoAugment.DEFAULT.draw(RandomState.of(0), SIZE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the value is auto; it must be chosen first");
  }

  // ------------------------------------------------------------------ AugMix

  @Test
  void the_weights_of_aug_mix_sum_to_one_and_its_chains_have_one_to_three_operators() {
    for (List<PictureEdit> edits : draws(AugMix.DEFAULT)) {
      PictureMix mix = (PictureMix) edits.get(0);
      double sum = mix.own() + mix.chains().stream().mapToDouble(PictureMix.Chain::weight).sum();

      assertThat(edits).hasSize(1);
      assertThat(mix.chains()).hasSize(3);
      assertThat(sum).isCloseTo(1, within(1e-12));
      assertThat(mix.chains()).allSatisfy(chain -> assertThat(chain.edits()).hasSizeBetween(1, 3));
    }
  }

  @Test
  void aug_mix_of_severity_3_draws_the_first_three_bins() {
    AugMix trick = new AugMix(3, 2, OrAuto.of(4), 1, true, WarpFilter.NEAREST, List.of(0));
    List<Double> angles = new ArrayList<>();
    for (List<PictureEdit> edits : draws(trick)) {
      PictureMix mix = (PictureMix) edits.get(0);
      assertThat(mix.chains()).hasSize(2);
      for (PictureMix.Chain chain : mix.chains()) {
        assertThat(chain.edits()).hasSize(4);
        chain.edits().stream()
            .map(PictureStep.class::cast)
            .filter(step -> step.operator() == PictureOperator.ROTATE)
            .forEach(step -> angles.add((double) Math.round(Math.abs(step.amount()) * 100)));
      }
    }

    assertThat(angles).containsOnly(0.0, 333.0, 667.0);
  }

  // ------------------------------------------------------------------ single operators

  @Test
  void three_augment_draws_one_of_three_and_then_jitters() {
    Map<PictureOperator, Integer> counts = counts(ThreeAugment.DEFAULT);

    assertThat(counts.get(PictureOperator.GRAYSCALE)).isBetween(900, 1100);
    assertThat(counts.get(PictureOperator.SOLARIZE)).isBetween(900, 1100);
    assertThat(counts.get(PictureOperator.GAUSSIAN_BLUR)).isBetween(900, 1100);
    assertThat(counts.get(PictureOperator.BRIGHTNESS)).isEqualTo(DRAWS);
    assertThat(counts.get(PictureOperator.CONTRAST)).isEqualTo(DRAWS);
    assertThat(counts.get(PictureOperator.COLOR)).isEqualTo(DRAWS);
    assertThat(draws(new ThreeAugment(0))).allSatisfy(edits -> assertThat(edits).hasSize(1));
    assertThat(steps(ThreeAugment.DEFAULT))
        .filteredOn(step -> step.operator() == PictureOperator.GAUSSIAN_BLUR)
        .allSatisfy(step -> assertThat(step.amount()).isBetween(0.1, 2.0));
  }

  @Test
  void color_jitter_draws_factors_in_range_and_every_order() {
    ColorJitter trick = new ColorJitter(0.4, 0.2, 1.5, 0.1, 0.5);
    List<List<PictureEdit>> draws = draws(trick);

    assertThat(draws.stream().filter(List::isEmpty).count()).isBetween(1400L, 1600L);
    assertThat(steps(trick))
        .allSatisfy(
            step -> {
              switch (step.operator()) {
                case BRIGHTNESS -> assertThat(step.amount()).isBetween(0.6, 1.4);
                case CONTRAST -> assertThat(step.amount()).isBetween(0.8, 1.2);
                case COLOR -> assertThat(step.amount()).isBetween(0.0, 2.5);
                default -> assertThat(step.amount()).isBetween(-0.1, 0.1);
              }
            });
    assertThat(
            draws.stream()
                .filter(edits -> !edits.isEmpty())
                .map(edits -> edits.stream().map(e -> ((PictureStep) e).operator()).toList())
                .distinct())
        .hasSize(24);
  }

  @Test
  void lighting_adds_the_color_of_three_factors() {
    ColorShift shift = Lighting.edit(List.of(0.1, -0.2, 0.05));

    assertThat(shift.red())
        .isCloseTo(255 * (0.02175 * -0.5675 - 0.00376 * 0.7192 + 0.000225 * 0.4009), within(1e-9));
    assertThat(shift.green())
        .isCloseTo(
            255 * (0.02175 * -0.5808 - 0.00376 * -0.0045 + 0.000225 * -0.8140), within(1e-9));
    assertThat(shift.blue())
        .isCloseTo(255 * (0.02175 * -0.5836 - 0.00376 * -0.6948 + 0.000225 * 0.4203), within(1e-9));
    assertThat(new Lighting(0).draw(RandomState.of(1), SIZE)).hasToString("[Lighting 0 0 0]");
  }

  @Test
  void single_warps_stay_in_their_range() {
    assertThat(steps(new Rotation(20, 0.5, WarpFilter.RANDOM, List.of(0))))
        .hasSizeBetween(1400, 1600)
        .allSatisfy(step -> assertThat(step.amount()).isBetween(-20.0, 20.0))
        .anySatisfy(step -> assertThat(step.amount()).isLessThan(-19))
        .anySatisfy(step -> assertThat(step.amount()).isGreaterThan(19));
    assertThat(steps(new Shear(0.2, 0, 1, WarpFilter.NEAREST, List.of(0))))
        .hasSize(DRAWS)
        .allSatisfy(step -> assertThat(step.operator()).isEqualTo(PictureOperator.SHEAR_X))
        .allSatisfy(step -> assertThat(step.amount()).isBetween(-0.2, 0.2));
    assertThat(steps(Translation.DEFAULT))
        .allSatisfy(step -> assertThat(step.amount()).isEqualTo(Math.rint(step.amount())))
        .filteredOn(step -> step.operator() == PictureOperator.TRANSLATE_X)
        .allSatisfy(step -> assertThat(step.amount()).isBetween(-8.0, 8.0))
        .anySatisfy(step -> assertThat(step.amount()).isEqualTo(8));
  }

  @Test
  void a_drawn_edit_says_what_it_does() {
    RandomState random = RandomState.of(3);

    assertThat(new Grayscale(1).draw(random, SIZE)).hasToString("[Grayscale]");
    assertThat(new Blur(1, List.of(1.5, 1.5), 9).draw(random, SIZE))
        .hasToString("[GaussianBlur 1.5]");
    assertThat(Elastic.DEFAULT.draw(random, SIZE)).hasToString("[Elastic 50]");
    assertThat(new Perspective(0.5, 1, WarpFilter.BILINEAR, List.of(0)).draw(random, SIZE))
        .hasToString("[Perspective]");
    assertThat(AugMix.DEFAULT.draw(RandomState.of(3), SIZE).get(0).toString())
        .matches(
            "[0-9.]+( \\+ [0-9.]+ [A-Z][A-Za-z]+( -?[0-9.]+)?( → [A-Z][A-Za-z]+( -?[0-9.]+)?){0,2}){3}");
  }

  // ------------------------------------------------------------------ wrong values

  private static void refused(String message, ThrowingCallable made) {
    assertThatThrownBy(made).hasMessage(message);
  }

  @Test
  void wrong_values_of_policies_are_named() {
    List<Integer> black = List.of(0);
    refused(
        "rand_augment.operators: got 21; must be in [0, 20]",
        () -> randAugment(21, 9, Convention.TORCHVISION, 0, true));
    refused(
        "rand_augment.magnitude: got 31.0; must be whole and in [0, 30], as torchvision has it",
        () -> randAugment(2, 31, Convention.TORCHVISION, 0, true));
    refused(
        "rand_augment.magnitude: got 9.5; must be whole and in [0, 30], as torchvision has it",
        () -> randAugment(2, 9.5, Convention.TORCHVISION, 0, true));
    refused(
        "rand_augment.magnitude: got 11.0; must be in [0, 10], as timm has it",
        () -> randAugment(2, 11, Convention.TIMM, 0, true));
    refused(
        "rand_augment.magnitude_std: got 0.5; must be 0 in torchvision's convention, or convention"
            + " timm",
        () -> randAugment(2, 9, Convention.TORCHVISION, 0.5, true));
    refused(
        "rand_augment.magnitude_std: got -1.0; must be in [0, 10]",
        () -> randAugment(2, 9, Convention.TIMM, -1, true));
    refused(
        "rand_augment.increasing: got false; must be true in torchvision's convention, or"
            + " convention timm",
        () -> randAugment(2, 9, Convention.TORCHVISION, 0, false));
    refused(
        "trivial_augment.fill: got [1, 2]; must be one or three levels in [0, 255], such as [124,"
            + " 116, 104]",
        () -> new TrivialAugment(WarpFilter.NEAREST, List.of(1, 2)));
    refused(
        "auto_augment.fill: got [256]; must be one or three levels in [0, 255], such as [124, 116,"
            + " 104], or auto",
        () -> new AutoAugment(OrAuto.auto(), OrAuto.auto(), OrAuto.of(List.of(256))));
    refused(
        "aug_mix.severity: got 0; must be in [1, 10]",
        () -> new AugMix(0, 3, OrAuto.auto(), 1, true, WarpFilter.NEAREST, black));
    refused(
        "aug_mix.width: got 11; must be in [1, 10]",
        () -> new AugMix(3, 11, OrAuto.auto(), 1, true, WarpFilter.NEAREST, black));
    refused(
        "aug_mix.depth: got 0; must be in [1, 10], or auto",
        () -> new AugMix(3, 3, OrAuto.of(0), 1, true, WarpFilter.NEAREST, black));
    refused(
        "aug_mix.alpha: got 0.0; must be in (0, 10]",
        () -> new AugMix(3, 3, OrAuto.auto(), 0, true, WarpFilter.NEAREST, black));
  }

  private static RandAugment randAugment(
      int operators, double magnitude, Convention convention, double std, boolean increasing) {
    return new RandAugment(
        operators,
        magnitude,
        convention,
        std,
        increasing,
        OrAuto.auto(),
        OrAuto.auto(),
        OrAuto.auto());
  }

  @Test
  void wrong_values_of_single_operators_are_named() {
    List<Integer> black = List.of(0);
    WarpFilter linear = WarpFilter.BILINEAR;
    refused(
        "three_augment.color_jitter: got -0.1; must be in [0, 10]", () -> new ThreeAugment(-0.1));
    refused(
        "color_jitter.brightness: got 11.0; must be in [0, 10]",
        () -> new ColorJitter(11, 0, 0, 0, 1));
    refused(
        "color_jitter.hue: got 0.6; must be in [0, 0.5]", () -> new ColorJitter(0, 0, 0, 0.6, 1));
    refused(
        "color_jitter.probability: got 2.0; must be in [0, 1]",
        () -> new ColorJitter(0, 0, 0, 0, 2));
    refused("lighting.deviation: got -1.0; must be in [0, 10]", () -> new Lighting(-1));
    refused("grayscale.probability: got 1.1; must be in [0, 1]", () -> new Grayscale(1.1));
    refused(
        "blur.sigma: got [2.0, 0.1]; must be two rising numbers in (0, 100], such as [0.1, 2]",
        () -> new Blur(1, List.of(2.0, 0.1), 3));
    refused(
        "blur.kernel: got 4; must be odd and in [1, 255]", () -> new Blur(1, List.of(1.0, 1.0), 4));
    refused(
        "rotation.degrees: got 181.0; must be in [0, 180]",
        () -> new Rotation(181, 1, linear, black));
    refused("shear.x: got 1.5; must be in [0, 1]", () -> new Shear(1.5, 0, 1, linear, black));
    refused("translation.y: got -0.5; must be in [0, 1]", () -> new Translation(0, -0.5, 1, black));
    refused(
        "elastic.sigma: got 0.0; must be in (0, 31]", () -> new Elastic(1, 0, 1, linear, black));
    refused(
        "elastic.interpolation: got BICUBIC; must be nearest or bilinear",
        () -> new Elastic(1, 1, 1, WarpFilter.BICUBIC, black));
    refused(
        "perspective.distortion: got 1.5; must be in [0, 1]",
        () -> new Perspective(1.5, 1, linear, black));
  }
}
