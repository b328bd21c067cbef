package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.Places;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.FeatureTable;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import dev.linnet.weights.Hub;
import dev.linnet.weights.SafeTensors;
import dev.linnet.weights.WeightsFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which layers a run trains, and features that are computed once. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TrainedLayersTest {
  @TempDir private Path folder;
  private final List<String> notes = new ArrayList<>();

  @BeforeEach
  void weights() {
    weights(3);
  }

  /** A small network with batch norm that knows other classes. */
  private void weights(long seed) {
    ZooModel zoo = Zoo.find("resnet20");
    try (Scope scope = Scope.open("weights");
        Classifier model =
            zoo.create(
                zoo.options().withClasses(4).withInChannels(1), Device.CPU, RandomState.of(seed))) {
      assertThat(scope.name()).isEqualTo("weights");
      WeightsFolder.save(
          folder.resolve("weights"),
          model,
          IntStream.range(0, 4).mapToObj(i -> "class " + i).toList(),
          zoo.published().preprocessing().withChannels(1));
    }
  }

  private LoadedRecipe read(Map<String, String> options, String... sets) {
    Map<String, String> all =
        new TreeMap<>(
            Map.of(
                "from",
                folder.resolve("weights").toString(),
                "limit",
                "6",
                "batch",
                "20",
                "size",
                "16",
                "epochs",
                "2",
                "threads",
                "1"));
    all.putAll(options);
    return RecipeReader.create().read("plain", all, List.of(sets));
  }

  private Experiment plan(Map<String, String> options, String... sets) {
    return Experiment.plan(
        read(options, sets),
        new Experiment.Surroundings(
            Places.of(Map.of("LINNET_CACHE", folder.resolve("cache").toString())),
            DownloadListener.NONE,
            Device.CPU,
            Hub.of(Map.of())));
  }

  private Path train(String name, Map<String, String> options, String... sets) {
    Path out = folder.resolve(name);
    try (TrainingRun run =
        new TrainingRun(plan(options, sets), RunFolder.create(out), List.of("test"), notes::add)) {
      run.train(TrainingRun.Start.NEW);
    }
    return out;
  }

  /** Modules whose parameters or statistics are not those of the weights, in order. */
  private List<String> changed(Path run) {
    List<String> changed = new ArrayList<>();
    try (Scope scope = Scope.open("compare");
        SafeTensors before = SafeTensors.open(folder.resolve("weights/model.safetensors"));
        SafeTensors after = SafeTensors.open(run.resolve("model.safetensors"))) {
      for (String name : after.names()) {
        boolean same =
            before.shape(name).equals(after.shape(name))
                && before.tensor(name).equalBits(after.tensor(name));
        String module = name.replaceFirst("(layer\\d\\.\\d|[^.]*).*", "$1");
        if (!same && !changed.contains(module)) {
          changed.add(module);
        }
      }
      assertThat(scope.name()).isEqualTo("compare");
    }
    return changed.stream().sorted().toList();
  }

  @Test
  void the_head_alone_is_trained_and_statistics_stay() {
    assertThat(changed(train("a", Map.of("train", "head", "cache_features", "false"))))
        .containsExactly("fc");
  }

  @Test
  void the_top_is_trained_with_its_statistics() {
    assertThat(changed(train("a", Map.of("train", "top:2"))))
        .containsExactly("fc", "layer3.1", "layer3.2");
  }

  @Test
  void layers_thaw_one_after_the_other() {
    assertThat(changed(train("a", Map.of("unfreeze", "1", "epochs", "3", "val", "none"))))
        .containsExactly("fc", "layer3.1", "layer3.2");
  }

  @Test
  void several_layers_may_thaw_at_once() {
    assertThat(changed(train("a", Map.of("unfreeze", "0.5", "epochs", "2", "val", "none"))))
        .containsExactly("fc", "layer3.1", "layer3.2");
  }

  @Test
  void a_run_that_thaws_layers_goes_on_with_the_same_bytes() throws IOException {
    Map<String, String> options = Map.of("unfreeze", "1", "epochs", "3", "val", "none");
    Path whole = train("whole", options);
    Path out = folder.resolve("parts");
    Experiment experiment = plan(options);
    try (TrainingRun run =
        new TrainingRun(experiment, RunFolder.create(out), List.of("test"), notes::add)) {
      run.listen(
          new TrainingListener() {
            @Override
            public void epochEnded(EpochMetrics epoch) {
              if (epoch.epoch() == 2) {
                run.requestStop();
              }
            }
          });
      run.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun run =
        new TrainingRun(plan(options), RunFolder.open(out), List.of("test"), notes::add)) {
      run.train(TrainingRun.Start.RESUME);
    }
    assertThat(Files.readAllBytes(out.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(whole.resolve("model.safetensors")));
  }

  @Test
  void an_optimizer_has_no_memory_of_frozen_parameters() {
    Path run = train("a", Map.of("train", "top:1"));
    try (SafeTensors saved = SafeTensors.open(run.resolve("checkpoint/last.safetensors"))) {
      assertThat(saved.names().stream().filter(n -> n.startsWith("optimizer.momentum.")))
          .isNotEmpty()
          .allMatch(n -> n.contains("layer3.2") || n.contains("fc"));
    }
  }

  @Test
  void a_new_head_starts_with_equal_probabilities() {
    try (TrainingRun run =
        new TrainingRun(
            plan(Map.of()), RunFolder.create(folder.resolve("a")), List.of("test"), notes::add)) {
      assertThat(run.model().state("fc.weight").value().toFloats()).containsOnly(0);
    }
  }

  // ------------------------------------------------------------------ features

  @Test
  void features_that_are_computed_once_give_the_same_weights() throws IOException {
    Map<String, String> once = Map.of("train", "head", "epochs", "4");
    Map<String, String> anew = Map.of("train", "head", "epochs", "4", "cache_features", "false");
    String flip = "augment.flip=0.5";
    Path a = train("a", once, flip);
    Path b = train("b", anew, flip);
    assertThat(folder.resolve("cache/features")).isDirectoryContaining("glob:**resnet20-*-plain*");
    assertThat(folder.resolve("cache/features"))
        .isDirectoryContaining("glob:**resnet20-*-mirrored*");
    assertThat(Files.readAllBytes(a.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(b.resolve("model.safetensors")));
    train("c", once, flip); // reads the files
    assertThat(Files.readAllBytes(folder.resolve("c/model.safetensors")))
        .isEqualTo(Files.readAllBytes(b.resolve("model.safetensors")));
    assertThat(notes).isEmpty();
  }

  @Test
  void dropout_before_the_head_acts_from_the_first_epoch_on() throws IOException {
    String drop = "model_options.drop_rate=0.5";
    Path a = train("a", Map.of("train", "head"), drop);
    Path b = train("b", Map.of("train", "head", "cache_features", "false"), drop);
    assertThat(Files.readAllBytes(a.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(b.resolve("model.safetensors")));
  }

  @Test
  void features_of_other_weights_are_made_anew() {
    train("a", Map.of("train", "head"));
    weights(4);
    train("b", Map.of("train", "head"));
    Path cache = folder.resolve("cache/features");
    assertThat(notes)
        .isNotEmpty()
        .allMatch(n -> n.startsWith(cache.toString()))
        .allMatch(
            n ->
                n.endsWith(
                    ": holds no features of these weights and this preprocessing; made anew"));
  }

  @Test
  void features_of_a_broken_file_are_made_anew() throws IOException {
    Path first = train("a", Map.of("train", "head"));
    try (Stream<Path> files = Files.list(folder.resolve("cache/features"))) {
      for (Path file : files.toList()) {
        Map<String, String> key;
        try (SafeTensors tensors = SafeTensors.open(file)) {
          key = tensors.metadata();
        }
        FeatureTable.of(new float[64], 64, new int[] {0}, new int[] {1 << 30}).save(file, key);
      }
    }
    Path second = train("b", Map.of("train", "head"));
    assertThat(notes).isNotEmpty().allMatch(n -> n.endsWith("made anew"));
    assertThat(Files.readAllBytes(second.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(first.resolve("model.safetensors")));
  }

  @Test
  void a_cache_that_cannot_be_written_does_not_end_the_run() throws IOException {
    Files.createDirectories(folder.resolve("cache"));
    Files.writeString(folder.resolve("cache/features"), "no folder");
    Path run = train("a", Map.of("train", "head"));
    assertThat(run.resolve("summary.json")).exists();
    assertThat(notes).isNotEmpty().allMatch(n -> n.contains("cannot be written"));
  }

  @Test
  void random_crops_and_mixing_need_the_pictures() {
    Classifier model = Zoo.find("resnet20").declare(Zoo.find("resnet20").options());
    Recipe head =
        RecipeReader.create()
            .read("plain", Map.of("from", "x", "train", "head"), List.of("augment=flip"))
            .recipe();
    assertThat(FeatureCache.serves(head, model)).isTrue();
    assertThat(FeatureCache.serves(head.with("cacheFeatures", false), model)).isFalse();
    assertThat(FeatureCache.serves(head.with("train", TrainedLayers.ALL), model)).isFalse();
    assertThat(FeatureCache.serves(head.withTricks(Tricks.named("mixup")), model)).isFalse();
    assertThat(FeatureCache.serves(head.withTricks(Tricks.named("label_smoothing")), model))
        .isTrue();
    assertThat(FeatureCache.serves(head.withAugment(AugmentRecipe.PadCropFlip.DEFAULT), model))
        .isFalse();
    ZooModel squeezeNet = Zoo.find("squeezenet1_1"); // whose head works on maps
    assertThat(FeatureCache.serves(head, squeezeNet.declare(squeezeNet.options()))).isFalse();
  }

  // ------------------------------------------------------------------ what is refused

  @Test
  void layers_are_frozen_only_where_there_are_weights_to_start_from() {
    assertThatThrownBy(
            () ->
                RecipeReader.create()
                    .read("plain", Map.of("train", "head", "unfreeze", "2"), List.of()))
        .isInstanceOf(LinnetException.class)
        .hasMessageContaining(
            "train: got head (--train); must be all where from is none, because layers that nobody"
                + " trained must be trained")
        .hasMessageContaining(
            "unfreeze: got 2 (--unfreeze); must be none where from is none, because layers that"
                + " nobody trained must be trained")
        .hasMessageContaining(
            "unfreeze: got 2 (--unfreeze); must be none where train is head, because no other layer"
                + " is to be trained");
  }

  @Test
  void a_word_that_is_no_part_of_a_network_is_refused() {
    assertThatThrownBy(() -> read(Map.of("train", "top:0")))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "train: got \"top:0\" (--train); must be all, head or top:N with N in [1, 9999]");
  }

  @Test
  void more_layers_than_there_are_is_all_of_them() {
    assertThat(plan(Map.of("train", "top:99")).recipe().train().layers()).isEqualTo(99);
    assertThat(changed(train("a", Map.of("train", "top:99"))))
        .contains("conv1", "bn1", "fc", "layer1.0");
  }
}
