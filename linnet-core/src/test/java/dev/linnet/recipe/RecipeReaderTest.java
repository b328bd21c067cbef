package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.OrAuto;
import dev.linnet.data.Boxes;
import dev.linnet.data.ByteCount;
import dev.linnet.data.ClassRule;
import dev.linnet.data.PictureCache;
import dev.linnet.image.ColorMode;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.models.Memory;
import dev.linnet.models.Parts;
import dev.linnet.recipe.ScheduleRecipe.Rate;
import dev.linnet.recipe.ScheduleRecipe.Warmup;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RecipeReaderTest {
  @TempDir private Path folder;

  @Test
  void the_example_of_the_paper_reads() {
    Recipe recipe =
        read(
            """
            # Bag of Tricks (He et al., CVPR 2019, arXiv:1812.01187), Table 3 and 4.
            extends: plain
            model: resnet50d
            epochs: 120
            batch: 256
            optimizer: {name: sgd, momentum: 0.9, nesterov: true, weight_decay: 1e-4, decay_norm_and_bias: false}
            schedule: {name: cosine, lr: 0.1, lr_per: 256, warmup_epochs: 5}
            tricks:
              zero_gamma: true
              label_smoothing: 0.1
            """);
    assertThat(recipe)
        .isEqualTo(
            Recipes.plain()
                .withModel("resnet50d")
                .withEpochs(120)
                .withBatch(256)
                .withOptimizer(
                    new OptimizerRecipe.Sgd(0.9, true, new ParameterRules(OrAuto.of(1e-4), false)))
                .withSchedule(
                    new ScheduleRecipe.Cosine(
                        new Rate(0.1, OrAuto.of(OrNone.of(256))), Warmup.of(OrAuto.of(5.0)), 0))
                .withTricks(new Tricks(List.of(ZeroGamma.DEFAULT, new LabelSmoothing(0.1)))));
  }

  @Test
  void every_key_reads() {
    Recipe recipe =
        read(
            """
            data: 2024
            boxes: crop
            limit: 50
            val: none
            from: mobilenetv3_small_100
            weights: my.pth
            train: top:3
            unfreeze: 2
            head_start: probe
            cache_features: false
            model: mobilenetv3_small_100
            model_options:
              drop_rate: 0.1
              drop_path_rate: 0.2
              activation: hardswish
              padding: same
              squeeze_excite: false
              width: 0.5
              output_stride: 16
              auxiliary: auto
              shake_drop: auto
              drop_block_rate: auto
            size: 32
            color: gray
            normalize: imagenet
            orientation: ignore
            augment: {name: resized-crop-flip, scale: [0.5, 1], interpolation: bicubic}
            evaluation: {crop_pct: 0.9, interpolation: lanczos, crop_mode: squash}
            epochs: 8
            budget_seconds: 60
            batch: 64
            accumulate: 2
            seed: 9223372036854775807
            task: classification
            embedding: 64
            classes: {folders: leaf, held_out: pictures}
            dtype: bf16
            optimizer: {name: adamw, betas: [0.9, 0.95], eps: 1e-6}
            schedule: {lr: .001, lr_per: none, warmup_epochs: 0.5, min_lr: 1E-5}
            loss: {name: focal, gamma: 1, class_weights: {b: 2, a: 0.5}}
            sampling: {name: weighted, weights: {a: 3}}
            tricks: {label_smoothing: {epsilon: 0.2}, zero_gamma: {}}
            ema: {decay: 0.99, warmup: false, every: 4}
            clip: {name: norm, max: 5}
            early_stopping: false
            checkpoint: {every_seconds: 5}
            max_bad: {share: 0, count: 0, shards: 2}
            max_pixels: 10
            cache: ram
            cache_size: 1.5GB
            workers: 0
            threads: 1
            memory: low
            engine: {fused: off}
            parallel: {batch_norm: shared, gradients: bf16, bucket_mb: 8}
            """);

    assertThat(recipe)
        .isEqualTo(
            new Recipe(
                OrNone.of("2024"),
                Boxes.CROP,
                OrNone.of(50),
                OrAuto.of(OrNone.none()),
                OrNone.of("mobilenetv3_small_100"),
                OrNone.of("my.pth"),
                TrainedLayers.top(3),
                OrNone.of(2.0),
                HeadStart.PROBE,
                false,
                Task.CLASSIFICATION,
                64,
                new ClassesRecipe(
                    ClassRule.Folders.LEAF, OrAuto.of(ClassesRecipe.HeldOut.PICTURES), false),
                OrAuto.of("mobilenetv3_small_100"),
                new Recipe.ModelOptions(
                    0.1,
                    0.2,
                    OrAuto.of(Nonlinearity.HARDSWISH),
                    OrAuto.of(Parts.Border.SAME),
                    OrAuto.of(false),
                    OrAuto.of(0.5),
                    OrAuto.of(16),
                    OrAuto.auto(),
                    OrAuto.auto(),
                    OrAuto.auto()),
                OrAuto.of(32),
                OrAuto.of(ColorMode.GRAY),
                OrAuto.of(Normalize.IMAGENET),
                OrAuto.of(Orientation.IGNORE),
                new AugmentRecipe.ResizedCropFlip(
                    List.of(0.5, 1.0), List.of(0.75, 4 / 3.0), 0.5, Interpolation.BICUBIC),
                new Recipe.Evaluation(
                    OrAuto.auto(),
                    OrAuto.of(0.9),
                    OrAuto.of(Interpolation.LANCZOS),
                    OrAuto.of(CropMode.SQUASH),
                    OrAuto.of(TestTimeAugmentation.NONE)),
                OrAuto.of(8),
                OrNone.of(60),
                OrAuto.of(64),
                2,
                Long.MAX_VALUE,
                OrAuto.of(DType.BFLOAT16),
                new OptimizerRecipe.AdamW(List.of(0.9, 0.95), 1e-6, ParameterRules.of(0.01)),
                new ScheduleRecipe.Cosine(
                    new Rate(0.001, OrAuto.of(OrNone.none())), Warmup.of(OrAuto.of(0.5)), 1e-5),
                new LossRecipe.Focal(
                    LossRecipe.Focal.Form.SOFTMAX,
                    1,
                    OrNone.none(),
                    OrAuto.of(OrNone.of(Map.of("a", 0.5, "b", 2.0)))),
                new SamplingRecipe.Weighted(Map.of("a", 3.0)),
                new Tricks(List.of(new LabelSmoothing(0.2), ZeroGamma.DEFAULT)),
                OrNone.of(new Recipe.Ema(0.99, false, 4)),
                OrNone.none(),
                OrNone.of(new ClipRecipe.Norm(5)),
                OrNone.none(),
                new Recipe.Checkpoint(5),
                new Recipe.MaxBad(0, 0, 2),
                10,
                PictureCache.Where.RAM,
                OrAuto.of(new ByteCount(1_500_000_000)),
                OrAuto.of(0),
                OrAuto.of(1),
                Memory.LOW,
                new Recipe.Engine(Recipe.Engine.Fused.OFF, false),
                new Recipe.Parallel(Trainer.Norms.SHARED, DType.BFLOAT16, 8)));
  }

  @Test
  void later_layers_win_key_by_key() throws IOException {
    write("parent.yaml", "extends: plain\nepochs: 20\nbatch: 64\ntricks: {label_smoothing: 0.2}");
    write("my.yaml", "extends: parent.yaml\nbatch: 32\noptimizer: {momentum: 0.8}");
    LoadedRecipe loaded =
        RecipeReader.create()
            .read(
                path("my.yaml"), Map.of("seed", "5"), List.of("optimizer.momentum=0.95", "seed=7"));
    assertThat(loaded.recipe())
        .isEqualTo(
            Recipes.plain()
                .withEpochs(20)
                .withBatch(32)
                .withSeed(7)
                .withOptimizer(
                    new OptimizerRecipe.Sgd(0.95, true, new ParameterRules(OrAuto.auto(), true)))
                .withTricks(Tricks.NONE.with(new LabelSmoothing(0.2))));
    assertThat(loaded.sources())
        .containsEntry("epochs", path("parent.yaml") + ":2")
        .containsEntry("batch", path("my.yaml") + ":2")
        .containsEntry("optimizer.momentum", "--set optimizer.momentum")
        .containsEntry("optimizer.nesterov", PlainLines.of("nesterov:"))
        .containsEntry("tricks.label_smoothing", path("parent.yaml") + ":4")
        .containsEntry("seed", "--set seed");
  }

  @Test
  void another_name_begins_anew() throws IOException {
    write("parent.yaml", "optimizer: {name: adamw, eps: 1e-6}\nschedule: {lr: 0.001}");
    assertThat(read("extends: parent.yaml").optimizer())
        .isEqualTo(new OptimizerRecipe.AdamW(List.of(0.9, 0.999), 1e-6, ParameterRules.of(0.01)));
    assertThat(read("extends: parent.yaml\noptimizer: {eps: 1e-5}").optimizer())
        .isEqualTo(new OptimizerRecipe.AdamW(List.of(0.9, 0.999), 1e-5, ParameterRules.of(0.01)));
    assertThat(
            read("extends: parent.yaml\noptimizer: {name: adamw, betas: [0.5, 0.5]}").optimizer())
        .as("the same name goes on")
        .isEqualTo(new OptimizerRecipe.AdamW(List.of(0.5, 0.5), 1e-6, ParameterRules.of(0.01)));
    assertThat(read("extends: parent.yaml\noptimizer: sgd").optimizer())
        .as("with what plain has for it")
        .isEqualTo(Recipes.plain().optimizer());
    assertThat(read("extends: parent.yaml\noptimizer: {name: sgd, momentum: 0.5}").optimizer())
        .isEqualTo(new OptimizerRecipe.Sgd(0.5, true, new ParameterRules(OrAuto.auto(), true)));
    assertThat(read("augment: pad-crop-flip").augment())
        .isEqualTo(AugmentRecipe.PadCropFlip.DEFAULT);
    assertThat(read("augment: {flip: 0}").augment())
        .isEqualTo(new AugmentRecipe.Auto(OrAuto.of(0.0)));
  }

  @Test
  void parts_are_switched_on_and_off() throws IOException {
    write("parent.yaml", "ema: {decay: 0.5}\nclip: norm\ntricks: {label_smoothing: 0.3}");
    Recipe parent = read("extends: parent.yaml");
    assertThat(parent.ema().value()).isEqualTo(new Recipe.Ema(0.5, true, 1));
    assertThat(parent.clip().value()).isEqualTo(ClipRecipe.Norm.DEFAULT);
    assertThat(read("extends: parent.yaml\nema: true").ema()).isEqualTo(parent.ema());
    assertThat(read("extends: parent.yaml\nema: {every: 2}").ema().value())
        .isEqualTo(new Recipe.Ema(0.5, true, 2));
    assertThat(read("extends: parent.yaml\nema: false").ema().isNone()).isTrue();
    assertThat(read("ema: true").ema().value()).isEqualTo(Recipe.Ema.DEFAULT);
    assertThat(read("extends: parent.yaml\ntricks: {label_smoothing: false}").tricks())
        .isEqualTo(Tricks.NONE);
    assertThat(read("extends: parent.yaml\ntricks: {label_smoothing: true}").tricks())
        .isEqualTo(parent.tricks());
    assertThat(read("extends: parent.yaml\ntricks: {zero_gamma: true}").tricks().list())
        .containsExactly(ZeroGamma.DEFAULT, new LabelSmoothing(0.3));
    assertThat(read("tricks: {label_smoothing: true}").tricks().list())
        .containsExactly(LabelSmoothing.DEFAULT);
    assertThat(
            RecipeReader.create()
                .read("plain", Map.of(), List.of("tricks.label_smoothing=0.25"))
                .recipe()
                .tricks()
                .find(LabelSmoothing.class))
        .contains(new LabelSmoothing(0.25));
  }

  @Test
  void aliases_stand_for_their_value() {
    assertThat(read("batch: &n 32\nsize: *n").size().value()).isEqualTo(32);
  }

  @Test
  void options_are_taken_as_they_are() {
    LoadedRecipe loaded =
        RecipeReader.create()
            .read(
                "plain",
                Map.of("data", "my: pictures [1] #2", "val", "none"),
                List.of("augment={name: pad-crop-flip, padding: 2}", "schedule.lr_per=none"));
    assertThat(loaded.recipe().data().value()).isEqualTo("my: pictures [1] #2");
    assertThat(loaded.recipe().val().value().isNone()).isTrue();
    assertThat(loaded.recipe().augment()).isEqualTo(new AugmentRecipe.PadCropFlip(2, 0.5));
    assertThat(loaded.recipe().schedule().rate().lrPer().value().isNone()).isTrue();
  }

  @Test
  void the_rate_of_another_optimizer_may_come_from_any_layer() {
    Recipe recipe =
        RecipeReader.create()
            .read("plain", Map.of(), List.of("optimizer=adamw", "schedule.lr=0.001"))
            .recipe();
    assertThat(recipe.optimizer()).isEqualTo(OptimizerRecipe.AdamW.DEFAULT);
    assertThat(recipe.schedule().rate().lr()).isEqualTo(0.001);
  }

  private Recipe read(String yaml) {
    write("my.yaml", yaml);
    return RecipeReader.create().read(path("my.yaml")).recipe();
  }

  private void write(String name, String yaml) {
    try {
      Files.writeString(folder.resolve(name), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
