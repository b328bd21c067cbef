package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Places;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Detour;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Repository;
import dev.linnet.train.BatchTrick;
import dev.linnet.train.FeatureTrick;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import dev.linnet.train.TrainingResult;
import dev.linnet.tricks.Batches;
import dev.linnet.tricks.FeatureCutMix;
import dev.linnet.tricks.ManifoldMixup;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold for every trick that a recipe knows. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TrickSweepTest {
  private static final int SEEDS = 20;

  @TempDir private Path folder;

  private final Scope scope = Scope.open("trick sweep");

  @AfterEach
  void close() {
    scope.close();
  }

  static List<String> ofBatches() {
    return names(BatchTrick.class);
  }

  static List<String> ofFeatures() {
    return names(FeatureTrick.class);
  }

  static List<String> all() {
    List<String> all = new ArrayList<>(ofBatches());
    all.addAll(ofFeatures());
    return all;
  }

  private static List<String> names(Class<?> hook) {
    return Kinds.TRICKS.stream()
        .filter(kind -> hook.isAssignableFrom(kind.type()))
        .map(Kind::name)
        .toList();
  }

  private static Record trick(String name) {
    Kind kind = Kinds.TRICKS.stream().filter(k -> k.name().equals(name)).findFirst().orElseThrow();
    return Records.defaultOf(kind.type()).orElseThrow();
  }

  /** Pictures in color and grey, wide and high, one and many; targets of both kinds. */
  private static Batch batch(RandomState random, int seed) {
    int n = seed % 5 == 0 ? 1 : 2 + random.nextInt(6);
    int channels = seed % 3 == 0 ? 1 : 3;
    Batch batch =
        Batches.random(random, n, channels, 4 + random.nextInt(30), 4 + random.nextInt(30));
    return seed % 2 == 0 ? batch : batch.with(batch.images(), batch.softTargets());
  }

  @ParameterizedTest
  @MethodSource("ofBatches")
  void a_batch_keeps_its_shape_and_its_targets_sum_to_1(String name) {
    for (int seed = 0; seed < SEEDS; seed++) {
      Batch given = batch(RandomState.of(seed), seed);
      Tensor images = given.images().copy();
      Tensor targets = given.targets().copy();
      BatchTrick<?> trick = (BatchTrick<?>) trick(name);
      Batch got = trick.drawAndApply(RandomState.of(seed).at(1), given);
      assertThat(got.images().shape()).isEqualTo(given.images().shape());
      assertThat(got.images().dtype()).isEqualTo(DType.FLOAT32);
      assertThat(got.images().isChannelsLast()).isTrue();
      assertThat(got.size()).isEqualTo(given.size());
      assertTargets(got.softTargets(), given);
      assertThat(given.images().equalBits(images)).as("the given pictures stay").isTrue();
      assertThat(given.targets().equalBits(targets)).as("the given targets stay").isTrue();
    }
  }

  private static void assertTargets(Tensor targets, Batch given) {
    assertThat(targets.shape()).isEqualTo(given.softTargets().shape());
    assertThat(targets.dtype()).isEqualTo(DType.FLOAT32);
    for (int row = 0; row < given.size(); row++) {
      assertThat(targets.select(0, row).sum().item()).isCloseTo(1, Offset.offset(1e-6));
      assertThat(targets.select(0, row).lt(0).to(DType.FLOAT32).sum().item()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("ofBatches")
  void what_is_drawn_is_a_function_of_the_state(String name) {
    BatchTrick<?> trick = (BatchTrick<?>) trick(name);
    int others = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Batch given = Batches.random(RandomState.of(7), 8, 3, 32, 32);
      Batch a = trick.drawAndApply(RandomState.of(seed), given);
      Batch b = trick.drawAndApply(RandomState.of(seed), given);
      assertThat(b.images().equalBits(a.images())).isTrue();
      assertThat(b.targets().equalBits(a.targets())).isTrue();
      Batch other = trick.drawAndApply(RandomState.of(seed + 1000), given);
      others += other.images().equalBits(a.images()) ? 0 : 1;
    }
    assertThat(others).isGreaterThan(SEEDS / 2);
  }

  @ParameterizedTest
  @MethodSource("ofFeatures")
  void features_are_mixed_as_targets_are_and_gradients_go_through(String name) {
    FeatureTrick<?> trick = (FeatureTrick<?>) trick(name);
    try (Classifier model = resnet20()) {
      for (int seed = 0; seed < SEEDS; seed++) {
        assertFeatures(trick, model, seed);
      }
    }
  }

  private static <P> void assertFeatures(FeatureTrick<P> trick, Classifier model, int seed) {
    Batch given = Batches.random(RandomState.of(seed), 6, 3, 16, 16);
    Map<String, Shape> maps = new HashMap<>();
    for (String place : trick.places(model)) {
      maps.put(place, Shape.of(6, 4, 5, 7));
    }
    Optional<P> drawn = trick.draw(RandomState.of(seed), given, maps);
    P plan = drawn.orElseThrow();
    assertThat(maps).containsKey(trick.place(plan));
    assertTargets(trick.targets(given.softTargets(), plan), given);
    // One map of ones at one picture: its sum goes where its label goes.
    Tensor ones = Tensor.zeros(DType.FLOAT32, Device.CPU, 6, 4, 5, 7);
    ones.select(0, seed % 6).fill(1);
    Tensor kept = ones.copy();
    Tensor features = trick.features(ones.requireGrad(true), plan);
    Tensor label = Tensor.zeros(DType.FLOAT32, Device.CPU, 6, 1);
    label.select(0, seed % 6).fill(1);
    assertThat(features.shape()).isEqualTo(ones.shape());
    assertThat(ones.detach().equalBits(kept)).isTrue();
    assertThat(features.detach().flatten(1).mean(Dims.of(1)).toDoubles())
        .containsExactly(trick.targets(label, plan).flatten(0).toDoubles(), Offset.offset(1e-6));
    features.sum().backward();
    Tensor gradient = ones.grad();
    assertThat(gradient == null ? 0 : gradient.sum().item())
        .isCloseTo(6 * 4 * 5 * 7, Offset.offset(1e-2));
  }

  @ParameterizedTest
  @MethodSource("ofFeatures")
  void places_are_modules_of_the_network(String name) {
    FeatureTrick<?> trick = (FeatureTrick<?>) trick(name);
    try (Classifier model = resnet20()) {
      Tensor x = Batches.random(RandomState.of(1), 2, 3, 16, 16).images();
      for (String place : trick.places(model)) {
        if (!place.equals(FeatureTrick.PICTURES)) {
          Tensor changed = Detour.run(model, place, maps -> maps.mul(0), () -> model.forward(x));
          assertThat(changed.equalBits(model.forward(x))).as(place).isFalse();
        }
      }
    }
  }

  @Test
  void levels_that_a_network_has_not_are_refused() {
    try (Classifier model = resnet20()) {
      assertThatThrownBy(() -> new ManifoldMixup(2, 1, List.of(0, 9)).places(model))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "manifold_mixup.levels: got 9; must be at most 4 for resnet20, whose levels are bn1,"
                  + " layer1, layer2, layer3");
      RandomState random = RandomState.of(1);
      Batch batch = Batches.random(random, 2, 3, 4, 4);
      Map<String, Shape> maps = Map.of("layer3", Shape.of(2, 64, 1, 1));
      assertThatThrownBy(() -> FeatureCutMix.DEFAULT.draw(random, batch, maps))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "feature_cutmix.levels: layer3 puts out [2, 64, 1, 1]; must be maps [N, C, H, W] of"
                  + " two places or more, or no box can be cut out of them; choose other levels,"
                  + " or larger pictures");
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void a_run_with_it_stopped_and_resumed_gives_the_same_bytes(String name) throws IOException {
    try (TrainingRun whole = run(name, "whole")) {
      TrainingResult result = whole.train(TrainingRun.Start.NEW).result();
      assertThat(result.epochs()).hasSize(1);
      assertThat(result.epochs().get(0).trainLoss()).isBetween(0.5, 10.0);
    }
    try (TrainingRun part = run(name, "parts")) {
      part.listen(
          new TrainingListener() {
            @Override
            public void stepped(Step step) {
              part.requestStop();
            }
          });
      part.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun rest =
        new TrainingRun(
            plan(name + "=true"),
            RunFolder.open(folder.resolve("parts")),
            List.of("test"),
            w -> {})) {
      rest.train(TrainingRun.Start.RESUME);
    }
    assertThat(weights("parts")).isEqualTo(weights("whole"));
  }

  @Test
  void what_a_recipe_switches_on_is_what_the_training_does() throws IOException {
    Map<String, byte[]> trained = new HashMap<>();
    for (String name : List.of("zero_gamma", "cutout", "manifold_mixup")) { // lenet5 has no γ
      try (TrainingRun run = run(name, name)) {
        run.train(TrainingRun.Start.NEW);
      }
      trained.put(name, weights(name));
    }
    assertThat(trained.get("cutout")).isNotEqualTo(trained.get("zero_gamma"));
    assertThat(trained.get("manifold_mixup")).isNotEqualTo(trained.get("zero_gamma"));
  }

  private byte[] weights(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve("model.safetensors"));
  }

  private TrainingRun run(String trick, String name) {
    RunFolder made = RunFolder.create(folder.resolve(name));
    return new TrainingRun(plan(trick + "=true"), made, List.of("test"), w -> {});
  }

  private static Experiment plan(String set) {
    LoadedRecipe loaded =
        RecipeReader.create()
            .read(
                "quick",
                Map.of("epochs", "1", "limit", "20", "model", "lenet5", "size", "28"),
                List.of("tricks." + set));
    return Experiment.plan(
        loaded,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  @Test
  void levels_that_the_network_has_not_are_refused_before_a_run_is_begun() {
    assertThatThrownBy(() -> plan("manifold_mixup.levels=[0, 3]"))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "manifold_mixup.levels: got 3; must be at most 2 for lenet5, whose levels are conv1,"
                + " conv2");
  }

  @ParameterizedTest
  @MethodSource("all")
  void every_trick_has_a_card(String name) throws IOException {
    String card = Files.readString(Repository.path("docs/tricks/" + name + ".md"));
    assertThat(card)
        .startsWith("# ")
        .contains("| Paper | ", "| Default | ", "| Recipe | `tricks: {" + name, "| Cost | ")
        .contains("| Hurts | ", "| Differs | ", "## Measured", "<!-- measured: " + name + " -->");
  }

  private static Classifier resnet20() {
    return Zoo.create("resnet20", Zoo.find("resnet20").options(), Device.CPU, RandomState.of(1));
  }
}
