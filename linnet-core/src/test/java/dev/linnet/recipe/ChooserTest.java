package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.image.ColorMode;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.recipe.DataFacts.Mirror;
import dev.linnet.recipe.ScheduleRecipe.Rate;
import dev.linnet.recipe.ScheduleRecipe.Warmup;
import dev.linnet.tensor.DType;
import dev.linnet.testing.Seeds;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.tricks.RandomErasing;
import dev.linnet.tricks.TrivialAugment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ChooserTest {
  /** What the data do not decide, and parts of a network, which are as published. */
  private static final List<String> OPEN =
      List.of(
          "val",
          "classes.held_out",
          "engine.fused",
          "engine.yields",
          "cache",
          "cache_size",
          "model_options.activation",
          "model_options.padding",
          "model_options.squeeze_excite",
          "model_options.width",
          "model_options.output_stride",
          "model_options.auxiliary",
          "model_options.shake_drop",
          "model_options.drop_block_rate");

  private static final DataFacts DIGITS =
      new DataFacts(9000, 1000, 10, new ImageSize(28, 28), ColorMode.GRAY, Mirror.OTHER_CLASS);
  private static final DataFacts FASHION =
      new DataFacts(60_000, 0, 10, new ImageSize(28, 28), ColorMode.GRAY, Mirror.SAME_CLASS);
  private static final DataFacts CIFAR =
      new DataFacts(50_000, 0, 10, new ImageSize(32, 32), ColorMode.RGB, Mirror.SAME_CLASS);
  private static final DataFacts ANTS_AND_BEES =
      new DataFacts(244, 153, 2, new ImageSize(256, 340), ColorMode.RGB, Mirror.UNKNOWN);

  private static final TrainingSpeed FP32 = TrainingSpeed.of(new MachineFacts(2, DType.FLOAT32));
  private static final TrainingSpeed BF16 = TrainingSpeed.of(new MachineFacts(2, DType.BFLOAT16));

  @Test
  void digits_get_lenet_and_some_seconds() {
    Chosen chosen = choose("quick", DIGITS, FP32);
    assertThat(chosen.recipe().model().value()).isEqualTo("lenet5");
    assertThat(chosen.recipe().size().value()).isEqualTo(28);
    assertThat(chosen.recipe().color().value()).isEqualTo(ColorMode.GRAY);
    assertThat(chosen.recipe().batch().value()).isEqualTo(64);
    assertThat(chosen.recipe().epochs().value()).isEqualTo(15);
    assertThat(chosen.recipe().augment()).isEqualTo(new AugmentRecipe.PadCropFlip(2, 0));
    assertThat(chosen.recipe().schedule().rate().lrFor(64)).isEqualTo(0.05);
    assertThat(chosen.reasons())
        .containsExactly(
            "model lenet5: the pictures are grey, 28×28, like characters",
            "epochs 15: 9,000 pictures at about 16,440 a second, about 9 s in all (change it with"
                + " --epochs or --budget-seconds)",
            "no mirror images: those of characters are other characters (--set augment.flip=0.5"
                + " mirrors)");
    assertThat(chosen.warnings()).isEmpty();
    assertThat(chosen.seconds()).isLessThan(30);
  }

  @Test
  void small_pictures_get_resnet20_at_their_size() {
    Chosen chosen = choose("quick", CIFAR, BF16);
    assertThat(chosen.recipe().model().value()).isEqualTo("resnet20");
    assertThat(chosen.recipe().size().value()).isEqualTo(32);
    assertThat(chosen.recipe().batch().value()).isEqualTo(128);
    assertThat(chosen.recipe().augment()).isEqualTo(new AugmentRecipe.PadCropFlip(4, 0.5));
    assertThat(choose("quick", FASHION, BF16).recipe().model().value()).isEqualTo("resnet20");
  }

  @Test
  void a_few_photos_get_a_small_resnet18_and_a_warning() {
    Chosen chosen = choose("quick", ANTS_AND_BEES, BF16);
    assertThat(chosen.recipe().model().value()).isEqualTo("resnet18");
    assertThat(chosen.recipe().size().value()).isEqualTo(128);
    assertThat(chosen.recipe().batch().value()).isEqualTo(32);
    assertThat(chosen.recipe().augment()).isEqualTo(AugmentRecipe.ResizedCropFlip.DEFAULT);
    assertThat(chosen.recipe().orientation().value()).isEqualTo(Orientation.APPLY);
    assertThat(chosen.reasons())
        .containsExactly(
            "model resnet18: the pictures are photos, about 340×256",
            "size 128: so that the time is enough for many epochs; larger is slower",
            "batch 32: so that an epoch has several steps",
            "epochs 49: 244 pictures at about 55 a second, about 4 min in all; more would help"
                + " (change it with --epochs or --budget-seconds)");
    assertThat(chosen.warnings())
        .containsExactly(
            "244 training pictures are few: a network trained from scratch stays weak; published"
                + " weights as a start (--from) do well with so few");
    assertThat(chosen.seconds()).isLessThan(300);
  }

  @Test
  void too_many_photos_for_the_budget_are_said() {
    DataFacts many =
        new DataFacts(244_000, 1000, 2, new ImageSize(256, 340), ColorMode.RGB, Mirror.UNKNOWN);
    Chosen chosen = choose("quick", many, FP32);
    assertThat(chosen.recipe().size().value()).isEqualTo(64);
    assertThat(chosen.recipe().epochs().value()).isEqualTo(1);
    assertThat(chosen.warnings())
        .containsExactly(
            "one epoch takes about 30 min, more than the budget of 5 min; take fewer pictures with"
                + " --limit or a smaller --size");
  }

  @Test
  void plain_up_to_64_pixels_is_that_of_the_comparisons() {
    Recipe recipe = choose("plain", FASHION, BF16, "model=resnet20").recipe();
    assertThat(recipe.optimizer())
        .isEqualTo(new OptimizerRecipe.Sgd(0.9, true, new ParameterRules(OrAuto.of(5e-4), true)));
    assertThat(recipe.schedule())
        .isEqualTo(
            new ScheduleRecipe.Cosine(
                    new Rate(0.1, OrAuto.of(OrNone.of(128))), Warmup.of(OrAuto.of(1.0)), 0)
                .settled(OrNone.none(), 0));
    assertThat(recipe.augment()).isEqualTo(new AugmentRecipe.PadCropFlip(4, 0.5));
    assertThat(recipe.batch().value()).isEqualTo(128);
    assertThat(recipe.epochs().value()).isEqualTo(10);
    assertThat(recipe.size().value()).isEqualTo(28);
    assertThat(recipe.normalize().value()).isEqualTo(Normalize.DATA);
    assertThat(recipe.evaluation().cropPct().value()).isEqualTo(1);
  }

  @Test
  void plain_above_64_pixels_is_that_of_photos() {
    Recipe recipe = choose("plain", ANTS_AND_BEES, BF16, "model=resnet50").recipe();
    assertThat(recipe.optimizer().weightDecay().value()).isEqualTo(1e-4);
    assertThat(recipe.schedule().rate().lrPer().value()).isEqualTo(OrNone.of(256));
    assertThat(recipe.augment()).isEqualTo(AugmentRecipe.ResizedCropFlip.DEFAULT);
    assertThat(recipe.size().value()).isEqualTo(224);
    assertThat(recipe.normalize().value()).isEqualTo(Normalize.IMAGENET);
    assertThat(recipe.evaluation().cropPct().value()).isEqualTo(0.875);
  }

  @Test
  void what_is_given_stays() {
    Recipe recipe =
        choose(
                "quick",
                ANTS_AND_BEES,
                BF16,
                "model=resnet34",
                "size=96",
                "epochs=3",
                "batch=16",
                "color=gray",
                "dtype=fp32",
                "orientation=ignore",
                "normalize=data",
                "augment=none",
                "schedule.lr_per=none",
                "optimizer.weight_decay=0",
                "evaluation.crop_pct=1",
                "workers=7",
                "threads=5")
            .recipe();
    assertThat(recipe)
        .isEqualTo(
            RecipeReader.create()
                .read("quick")
                .recipe()
                .withModel("resnet34")
                .withSize(96)
                .withEpochs(3)
                .withBatch(16)
                .with("color", OrAuto.of(ColorMode.GRAY))
                .withDtype(DType.FLOAT32)
                .with("orientation", OrAuto.of(Orientation.IGNORE))
                .with("normalize", OrAuto.of(Normalize.DATA))
                .withAugment(AugmentRecipe.None.DEFAULT)
                .withSchedule(
                    new ScheduleRecipe.Cosine(
                        new Rate(0.1, OrAuto.of(OrNone.none())), Warmup.of(OrAuto.of(0.3)), 0))
                .withOptimizer(
                    new OptimizerRecipe.Sgd(0.9, true, new ParameterRules(OrAuto.of(0.0), true)))
                .with(
                    "evaluation",
                    new Recipe.Evaluation(
                        OrAuto.of(96),
                        OrAuto.of(1.0),
                        OrAuto.of(Interpolation.BILINEAR),
                        OrAuto.of(CropMode.CENTER),
                        OrAuto.of(TestTimeAugmentation.NONE)))
                .with("workers", OrAuto.of(7))
                .with("threads", OrAuto.of(5)));
  }

  @Test
  void the_mirror_can_be_given_alone() {
    assertThat(choose("quick", DIGITS, FP32, "augment.flip=0.5").recipe().augment())
        .isEqualTo(new AugmentRecipe.PadCropFlip(2, 0.5));
  }

  @Test
  void a_batch_larger_than_the_data_is_refused() {
    assertThatThrownBy(() -> choose("quick", ANTS_AND_BEES, BF16, "batch=512"))
        .isInstanceOf(RecipeException.class)
        .hasMessage(
            "batch: got 512 (--set batch); must be at most 244, the number of training pictures");
  }

  @Test
  void speed_is_three_passes_of_the_macs() {
    double rate = FP32.picturesPerSecond("resnet50", 224, ColorMode.RGB, DType.FLOAT32);
    assertThat(rate).isCloseTo(60e9 / (3 * 4_089_184_256.0), withinPercentage(3));
    double grey = FP32.picturesPerSecond("lenet5", 28, ColorMode.GRAY, DType.FLOAT32);
    assertThat(grey).isCloseTo(2 / (3 * 416_520 / 30e9 + 80e-6), withinPercentage(1));
  }

  @Test
  void choosing_again_changes_nothing() {
    Chosen once = choose("quick", ANTS_AND_BEES, BF16);
    Chosen twice = Chooser.choose(once.loaded(), ANTS_AND_BEES, FP32);
    assertThat(twice.recipe()).isEqualTo(once.recipe());
  }

  @Test
  void what_was_chosen_is_said_in_the_file() {
    assertThat(RecipeWriter.write(choose("quick", DIGITS, FP32).loaded()).lines())
        .contains(
            "model: lenet5                               # chosen for the data",
            "  lr: 0.1                                   # plain",
            "  lr_per: 128                               # chosen for the data",
            "  warmup_epochs: 1.5                        # chosen for the data",
            "augment: {name: pad-crop-flip, padding: 2, flip: 0}  # chosen for the data");
  }

  @Seeds(200)
  void what_the_data_decide_does_not_stay_open(RandomState random) {
    ImageSize median = new ImageSize(1 + random.nextInt(500), 1 + random.nextInt(500));
    DataFacts data =
        new DataFacts(
            1 + random.nextInt(1 << random.nextInt(20)),
            random.nextInt(1000),
            1 + random.nextInt(100),
            median,
            random.nextBoolean(0.5) ? ColorMode.GRAY : ColorMode.RGB,
            List.of(Mirror.values()).get(random.nextInt(3)));
    TrainingSpeed speed = TrainingSpeed.of(new MachineFacts(1 + random.nextInt(64), DType.FLOAT32));
    for (String preset : Presets.NAMES) {
      Map<String, String> asked = Recipes.flat(read(preset).recipe());
      List<String> open = OPEN.stream().filter(key -> "auto".equals(asked.get(key))).toList();
      Recipe recipe = Chooser.choose(read(preset), data, speed).recipe();
      assertThat(Recipes.flat(recipe).entrySet())
          .filteredOn(key -> key.getValue().equals("auto"))
          .filteredOn(key -> !key.getKey().startsWith("tricks.")) // which know themselves
          .filteredOn(key -> !key.getKey().startsWith("sampling.")) // batch and shards settle them
          .extracting(Map.Entry::getKey)
          .containsExactlyInAnyOrderElementsOf(open);
      assertThat(recipe.batch().value()).isLessThanOrEqualTo(data.training());
    }
  }

  @Test
  void a_long_run_on_few_small_pictures_gets_a_small_batch() {
    DataFacts few =
        new DataFacts(5000, 0, 10, new ImageSize(32, 32), ColorMode.RGB, Mirror.SAME_CLASS);
    Chosen chosen = choose("auto", few, BF16, "model=resnet20", "epochs=60");
    assertThat(chosen.recipe().tricks()).isEqualTo(Tricks.NONE);
    assertThat(chosen.recipe().batch().value()).isEqualTo(32);
    assertThat(chosen.recipe().evaluation().tta()).isEqualTo(OrAuto.of(TestTimeAugmentation.FLIP));
    assertThat(chosen.recipe().val()).isEqualTo(OrAuto.of(OrNone.none()));
    assertThat(chosen.reasons())
        .contains(
            "batch 32: so that the run has 9,360 updates",
            "no tricks: each of 5,000 pictures is seen 60 times; with so few a network still"
                + " underfits",
            "val none: every picture trains; the learning rate ends at 0, so that the last weights"
                + " are the best (--val 0.1 holds a tenth out)",
            "evaluation.tta flip: training mirrors, so the mirror image is asked too");
  }

  @Test
  void a_very_long_run_gets_tricks() {
    DataFacts few =
        new DataFacts(5000, 0, 10, new ImageSize(32, 32), ColorMode.RGB, Mirror.SAME_CLASS);
    Chosen chosen = choose("auto", few, BF16, "model=resnet20", "epochs=150");
    assertThat(chosen.recipe().tricks())
        .isEqualTo(
            new Tricks(
                List.of(LabelSmoothing.DEFAULT, TrivialAugment.DEFAULT, RandomErasing.DEFAULT)));
    assertThat(chosen.reasons())
        .contains(
            "tricks label_smoothing, random_erasing, trivial_augment: each of 5,000 pictures is"
                + " seen 150 times");
  }

  @Test
  void a_short_run_gets_no_tricks() {
    Chosen chosen = choose("auto", CIFAR, BF16, "model=resnet20", "epochs=10");
    assertThat(chosen.recipe().tricks()).isEqualTo(Tricks.NONE);
    assertThat(chosen.recipe().batch().value()).isEqualTo(64);
    assertThat(chosen.reasons())
        .contains(
            "no tricks: each of 50,000 pictures is seen 10 times; with so few a network still"
                + " underfits");
  }

  @Test
  void characters_are_not_turned() {
    Tricks tricks = choose("auto", DIGITS, BF16, "epochs=120").recipe().tricks();
    assertThat(tricks.find(TrivialAugment.class)).isEmpty();
    assertThat(tricks.find(RandomErasing.class)).isPresent();
  }

  @Test
  void tricks_that_are_to_be_chosen_are_written_as_auto() {
    LoadedRecipe auto = RecipeReader.create().read("auto");
    assertThat(auto.recipe().tricks().isAuto()).isTrue();
    assertThat(RecipeWriter.write(auto)).contains("tricks: auto");
    assertThat(RecipeReader.create().read("auto", Map.of(), List.of("tricks={}")).recipe().tricks())
        .isEqualTo(Tricks.NONE);
  }

  /** A preset for any number of pictures: the batches of some are larger than small sets. */
  private static LoadedRecipe read(String preset) {
    return RecipeReader.create().read(preset, Map.of("batch", "auto"), List.of());
  }

  private static Chosen choose(String preset, DataFacts data, TrainingSpeed speed, String... sets) {
    return Chooser.choose(RecipeReader.create().read(preset, Map.of(), List.of(sets)), data, speed);
  }
}
