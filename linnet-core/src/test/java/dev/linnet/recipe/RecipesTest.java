package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.OrAuto;
import dev.linnet.data.BadPictures;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.PadCrop;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.RandomResizedCrop;
import dev.linnet.image.Sequence;
import dev.linnet.optim.AdamW;
import dev.linnet.optim.AdaptiveClipping;
import dev.linnet.optim.AddSign;
import dev.linnet.optim.Cosine;
import dev.linnet.optim.Muon;
import dev.linnet.optim.Sgd;
import dev.linnet.optim.SignDecay;
import dev.linnet.optim.WeightAverage;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.recipe.Recipes.Difference;
import dev.linnet.recipe.Recipes.Preset;
import dev.linnet.recipe.ScheduleRecipe.Rate;
import dev.linnet.recipe.ScheduleRecipe.Warmup;
import dev.linnet.tensor.DType;
import dev.linnet.testing.Repository;
import dev.linnet.train.TestTimeAugmentation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RecipesTest {

  @Test
  void plain_is_the_recipe_of_the_comparisons() {
    Recipe plain = Recipes.plain();
    assertThat(plain.optimizer())
        .isEqualTo(new OptimizerRecipe.Sgd(0.9, true, new ParameterRules(OrAuto.auto(), true)));
    assertThat(plain.schedule())
        .isEqualTo(
            new ScheduleRecipe.Cosine(new Rate(0.1, OrAuto.auto()), Warmup.of(OrAuto.of(1.0)), 0));
    assertThat(plain.loss()).isEqualTo(new LossRecipe.CrossEntropy(OrAuto.of(OrNone.none())));
    assertThat(plain.sampling()).isEqualTo(SamplingRecipe.Uniform.DEFAULT);
    assertThat(plain.tricks()).isEqualTo(Tricks.NONE);
    assertThat(plain.ema().isNone()).isTrue();
    assertThat(plain.clip().isNone()).isTrue();
    assertThat(plain.earlyStopping().isNone()).isTrue();
    assertThat(plain.accumulate()).isEqualTo(1);
    assertThat(plain.epochs().value()).isEqualTo(10);
    assertThat(plain.modelOptions()).isEqualTo(Recipe.ModelOptions.DEFAULT);
    assertThat(plain.maxBad()).isEqualTo(new Recipe.MaxBad(0.01, 3, 0));
    assertThat(plain.maxPixels()).isEqualTo(89_478_485);
    assertThat(plain.checkpoint().everySeconds()).isEqualTo(300);
  }

  @Test
  void quick_is_plain_with_smoothing_and_an_average() {
    Recipe quick = RecipeReader.create().read("quick").recipe();
    assertThat(Recipes.diff(Recipes.plain(), quick))
        .containsExactly(
            new Difference("epochs", "10", "auto"),
            new Difference("budget_seconds", "none", "300"),
            new Difference("schedule.warmup_epochs", "1", "auto"),
            new Difference("tricks.label_smoothing.epsilon", "", "0.1"),
            new Difference("tricks.label_smoothing.convention", "", "torch"),
            new Difference("ema", "false", ""),
            new Difference("ema.decay", "", "0.9999"),
            new Difference("ema.warmup", "", "true"),
            new Difference("ema.every", "", "1"));
  }

  @Test
  void a_default_stands_in_one_place() {
    Stream.of(
            Kinds.OPTIMIZERS,
            Kinds.SCHEDULES,
            Kinds.LOSSES,
            Kinds.SAMPLINGS,
            Kinds.AUGMENTS,
            Kinds.CLIPS,
            Kinds.TRICKS)
        .flatMap(List::stream)
        .forEach(
            kind -> {
              Recipe plain = Recipes.plain();
              boolean inPlain =
                  kind.type().isInstance(plain.optimizer())
                      || kind.type().isInstance(plain.schedule())
                      || kind.type().isInstance(plain.loss());
              assertThat(Records.defaultOf(kind.type()).isPresent())
                  .as("%s has a DEFAULT or stands in plain.yaml", kind.name())
                  .isEqualTo(!inPlain);
            });
    assertThat(Recipes.plain().maxBad().share()).isEqualTo(BadPictures.Limit.DEFAULT.share());
    assertThat(Recipes.plain().maxBad().count()).isEqualTo(BadPictures.Limit.DEFAULT.count());
    assertThat(Recipes.plain().maxPixels()).isEqualTo(DecodeOptions.DEFAULT.maxPixels());
    OptimizerRecipe.Sgd sgd = (OptimizerRecipe.Sgd) Recipes.plain().optimizer();
    assertThat(sgd.config(new OptimizerRecipe.Setting(1, Set.of())))
        .as("that of the optimizer itself")
        .isEqualTo(Sgd.Config.DEFAULT);
  }

  @Test
  void the_presets_are_those_of_the_folder() throws IOException {
    Path folder = Repository.path("linnet-core/src/main/resources/dev/linnet/recipe/presets");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString().replace(".yaml", "")))
          .containsExactlyInAnyOrderElementsOf(Presets.NAMES);
    }
  }

  @Test
  void every_preset_reads_and_opens_with_its_source() {
    assertThat(Recipes.presets()).extracting(Preset::name).isEqualTo(Presets.NAMES);
    for (Preset preset : Recipes.presets()) {
      assertThat(RecipeReader.create().read(preset.name()).recipe()).isNotNull();
      assertThat(preset.summary()).endsWith(".").hasSizeLessThan(95);
      assertThat(preset.source()).isNotEmpty();
      assertThat(preset.command()).startsWith("./linnet train");
      assertThat(preset.expected()).isNotEmpty();
      assertThat(preset.time()).isNotEmpty();
    }
  }

  @Test
  void equal_recipes_do_not_differ() {
    assertThat(Recipes.diff(Recipes.plain(), Recipes.plain())).isEmpty();
  }

  @Test
  void single_words_and_numbers_at_the_top_are_options() {
    assertThat(Recipes.options())
        .extracting(Recipes.Option::flag)
        .containsExactly(
            "--data",
            "--boxes",
            "--limit",
            "--val",
            "--from",
            "--weights",
            "--train",
            "--unfreeze",
            "--head-start",
            "--cache-features",
            "--task",
            "--embedding",
            "--model",
            "--size",
            "--color",
            "--normalize",
            "--orientation",
            "--epochs",
            "--budget-seconds",
            "--batch",
            "--accumulate",
            "--seed",
            "--dtype",
            "--max-pixels",
            "--cache",
            "--cache-size",
            "--workers",
            "--threads",
            "--memory");
    assertThat(Recipes.options())
        .contains(
            new Recipes.Option(
                "epochs",
                "--epochs",
                "a whole number or auto",
                "passes over the training pictures"));
  }

  @Test
  void every_key_says_what_it_does() {
    List<Class<? extends Record>> records = new ArrayList<>(List.of(Recipe.class));
    Stream.of(
            Kinds.OPTIMIZERS,
            Kinds.SCHEDULES,
            Kinds.LOSSES,
            Kinds.SAMPLINGS,
            Kinds.AUGMENTS,
            Kinds.CLIPS,
            Kinds.TRICKS)
        .flatMap(List::stream)
        .map(Kind::type)
        .forEach(records::add);
    records.addAll(
        List.of(
            Recipe.ModelOptions.class,
            Recipe.Evaluation.class,
            Recipe.Ema.class,
            ParameterRules.Group.class,
            Recipe.EarlyStopping.class,
            Recipe.Checkpoint.class,
            Recipe.MaxBad.class,
            Recipe.Engine.class,
            Recipe.Parallel.class));
    for (Class<? extends Record> type : records) {
      new Section(type, "")
          .fields()
          .forEach(
              (key, field) ->
                  assertThat(field.about())
                      .as("%s of %s", key, type)
                      .isNotBlank()
                      .doesNotEndWith("."));
    }
  }

  @Test
  void the_learning_rate_grows_with_the_pictures_an_update() {
    ScheduleRecipe schedule =
        new ScheduleRecipe.Cosine(
                new Rate(0.1, OrAuto.of(OrNone.of(256))), Warmup.of(OrAuto.of(5.0)), 0.001)
            .settled(OrNone.none(), 0);
    assertThat(schedule.rate().lrFor(256)).isEqualTo(0.1);
    assertThat(schedule.rate().lrFor(1024)).isEqualTo(0.4);
    assertThat(schedule.over(new ScheduleRecipe.Run(512, 10, 30)))
        .isEqualTo(dev.linnet.optim.Warmup.of(new Cosine(0.2, 250, 0.002), 0.2, 50));
    assertThat(new Rate(0.1, OrAuto.of(OrNone.none())).lrFor(1024)).isEqualTo(0.1);
  }

  @Test
  void keys_become_the_objects_of_other_rooms() {
    assertThat(new Recipe.Ema(0.9, false, 1).config())
        .isEqualTo(
            WeightAverage.Config.DEFAULT.withDecay(0.9).withWarmup(WeightAverage.Warmup.OFF));
    OptimizerRecipe.Setting setting = new OptimizerRecipe.Setting(100, Set.of("fc"));
    assertThat(OptimizerRecipe.AdamW.DEFAULT.config(setting)).isEqualTo(AdamW.Config.DEFAULT);
    assertThat(OptimizerRecipe.Muon.DEFAULT.config(setting))
        .isEqualTo(
            new Muon.Config(
                0.95,
                true,
                false,
                Muon.Scaling.MATCH_RMS_ADAMW,
                DType.BFLOAT16,
                AdamW.Config.DEFAULT,
                1,
                Set.of("fc")));
    assertThat(
            new OptimizerRecipe.AddSign(0.8, 2, SignDecay.Kind.COSINE, 0.5, ParameterRules.of(0))
                .config(setting))
        .isEqualTo(new AddSign.Config(0.8, 2, new SignDecay(SignDecay.Kind.COSINE, 0.5, 100)));
    assertThat(ClipRecipe.Agc.DEFAULT.rule(Set.of("fc")))
        .isEqualTo(new AdaptiveClipping(0.01, 1e-3, Set.of("fc")));
  }

  @Test
  void augmentations_become_operators() {
    EvalTransform evaluation =
        new Recipe.Evaluation(
                OrAuto.auto(),
                OrAuto.of(0.875),
                OrAuto.of(Interpolation.BICUBIC),
                OrAuto.of(CropMode.CENTER),
                OrAuto.of(TestTimeAugmentation.NONE))
            .over(32);
    assertThat(evaluation)
        .isEqualTo(EvalTransform.of(new ImageSize(32, 32), 0.875, Interpolation.BICUBIC));
    assertThat(AugmentRecipe.None.DEFAULT.over(evaluation)).isEqualTo(evaluation);
    assertThat(new AugmentRecipe.PadCropFlip(4, 0.5).over(evaluation))
        .isEqualTo(
            Sequence.of(
                evaluation, new PadCrop(4, new ImageSize(32, 32)), new RandomHorizontalFlip(0.5)));
    assertThat(AugmentRecipe.ResizedCropFlip.DEFAULT.over(evaluation))
        .isEqualTo(
            Sequence.of(
                RandomResizedCrop.of(new ImageSize(32, 32)), new RandomHorizontalFlip(0.5)));
    assertThatThrownBy(() -> AugmentRecipe.Auto.DEFAULT.over(evaluation))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("augment is auto; call Chooser.choose first");
  }

  @Test
  void tricks_act_in_their_own_order() {
    Tricks tricks = new Tricks(List.of(new LabelSmoothing(0.1), ZeroGamma.DEFAULT));
    assertThat(tricks.list()).containsExactly(ZeroGamma.DEFAULT, new LabelSmoothing(0.1));
    assertThat(tricks.with(new LabelSmoothing(0.2)).find(LabelSmoothing.class))
        .contains(new LabelSmoothing(0.2));
    assertThat(tricks.without(LabelSmoothing.class).list()).containsExactly(ZeroGamma.DEFAULT);
  }
}
