package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.base.Sha256;
import dev.linnet.data.Places;
import dev.linnet.image.ColorMode;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.models.Classifier;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import dev.linnet.weights.Hub;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that starts from weights. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class StartFromTest {
  private static final List<String> DIGITS =
      IntStream.range(0, 10).mapToObj(Integer::toString).toList();
  @TempDir private Path folder;

  private static Experiment plan(String... options) {
    Map<String, String> map = new HashMap<>(Map.of("limit", "100", "epochs", "1"));
    List<String> sets = new ArrayList<>();
    for (int i = 0; i < options.length; i += 2) {
      if (options[i].equals("--set")) {
        sets.add(options[i + 1]);
      } else {
        map.put(options[i], options[i + 1]);
      }
    }
    return Experiment.plan(RecipeReader.create().read("quick", map, sets), surroundings());
  }

  private static Experiment.Surroundings surroundings() {
    return new Experiment.Surroundings(
        Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of()));
  }

  private TrainingRun run(Experiment experiment, String name) {
    return new TrainingRun(
        experiment, RunFolder.create(folder.resolve(name)), List.of("test"), w -> {});
  }

  private double train(Experiment experiment, String name) {
    try (TrainingRun run = run(experiment, name)) {
      return run.train(TrainingRun.Start.NEW).test().orElseThrow().metrics().loss();
    }
  }

  private Path at(String name) {
    return folder.resolve(name);
  }

  /** A folder of weights of LeNet-5. */
  private Path weights(List<String> names) {
    ZooModel zoo = Zoo.find("lenet5");
    try (Scope scope = Scope.open("weights");
        Classifier model =
            zoo.create(
                zoo.options().withClasses(names.size()),
                Device.CPU,
                RandomState.of(names.size()))) {
      assertThat(scope.name()).isEqualTo("weights");
      Preprocessing wants =
          zoo.published()
              .preprocessing()
              .withColors(List.of(0.25), List.of(0.5))
              .withInterpolation("lanczos")
              .withCropPct(0.9)
              .withCropMode("squash");
      WeightsFolder.save(at("weights"), model, names, wants);
      return at("weights");
    }
  }

  @Test
  void a_run_goes_on_where_another_ended() throws IOException {
    double first = train(plan(), "a");
    Experiment experiment = plan("from", at("a").toString());
    assertThat(experiment.chosen().reasons())
        .contains(
            "model lenet5: whose weights they are",
            "head: that of the weights, which know the same classes",
            "lr 0.01: a tenth, because the network is trained already (--set schedule.lr= changes"
                + " it)");
    assertThat(train(experiment, "b")).isLessThan(first);

    JsonNode environment = new ObjectMapper().readTree(at("b/environment.json").toFile());
    assertThat(environment.findValue("from").asText()).isEqualTo(at("a").toString());
    assertThat(environment.findValue("from_sha256").asText())
        .isEqualTo(Sha256.of(at("a/model.safetensors")));
    Recipe recipe = RecipeReader.create().read(at("b/recipe.yaml").toString()).recipe();
    assertThat(recipe.from().value()).isEqualTo(at("a").toString());
    assertThat(recipe.normalize().value()).isEqualTo(Normalize.WEIGHTS);
    assertThat(recipe.orientation().value()).isEqualTo(Orientation.APPLY); // the run's own
    assertThat(WeightsFolder.config(at("b")).preprocessing())
        .isEqualTo(WeightsFolder.config(at("a")).preprocessing());
  }

  @Test
  void the_saved_recipe_gives_the_same_weights() throws IOException {
    train(plan("from", weights(DIGITS).toString()), "a");
    Experiment again =
        Experiment.plan(RecipeReader.create().read(at("a/recipe.yaml").toString()), surroundings());
    train(again, "b");
    assertThat(at("b/model.safetensors")).hasSameBinaryContentAs(at("a/model.safetensors"));
  }

  @Test
  void the_saved_recipe_of_auto_gives_the_same_weights() throws IOException {
    Map<String, String> options = Map.of("epochs", "1", "limit", "20");
    LoadedRecipe auto = RecipeReader.create().read("auto", options, List.of());
    train(Experiment.plan(auto, surroundings()), "a");
    train(
        Experiment.plan(RecipeReader.create().read(at("a/recipe.yaml").toString()), surroundings()),
        "b");
    assertThat(at("b/model.safetensors")).hasSameBinaryContentAs(at("a/model.safetensors"));
  }

  @Test
  void weights_say_network_and_preprocessing() {
    Experiment experiment = plan("from", weights(DIGITS).toString());
    Recipe recipe = experiment.recipe();
    assertThat(recipe.model().value()).isEqualTo("lenet5");
    assertThat(recipe.size().value()).isEqualTo(28);
    assertThat(recipe.color().value()).isEqualTo(ColorMode.GRAY);
    assertThat(recipe.orientation().value()).isEqualTo(Orientation.IGNORE);
    assertThat(recipe.evaluation().cropPct().value()).isEqualTo(0.9);
    assertThat(recipe.evaluation().interpolation().value()).isEqualTo(Interpolation.LANCZOS);
    assertThat(recipe.evaluation().cropMode().value()).isEqualTo(CropMode.SQUASH);
    assertThat(experiment.warnings()).noneMatch(warning -> warning.contains("from scratch"));
  }

  @Test
  void what_the_user_gives_stays() {
    Experiment experiment =
        plan(
            "from",
            weights(DIGITS).toString(),
            "normalize",
            "data",
            "orientation",
            "apply",
            "--set",
            "evaluation.crop_pct=1",
            "--set",
            "schedule.lr=0.3");
    Recipe recipe = experiment.recipe();
    assertThat(recipe.normalize().value()).isEqualTo(Normalize.DATA);
    assertThat(recipe.orientation().value()).isEqualTo(Orientation.APPLY);
    assertThat(recipe.evaluation().cropPct().value()).isEqualTo(1);
    assertThat(recipe.schedule().rate().lr()).isEqualTo(0.3);
  }

  @Test
  void a_head_that_knows_other_classes_is_new() {
    for (int classes : List.of(7, 10)) {
      List<String> names = IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
      Path weights = weights(names);
      Experiment experiment = plan("from", weights.toString());
      assertThat(experiment.chosen().reasons())
          .contains(
              "head: a new one for 10 classes, which starts at zero, because the weights know "
                  + classes
                  + " others");
      train(experiment, "run" + classes);
      try (Scope scope = Scope.open("compare");
          TrainingRun run = run(experiment, "start" + classes);
          Pretrained old = WeightsFolder.load(weights, Device.CPU)) {
        assertThat(scope.name()).isEqualTo("compare");
        Classifier start = run.model();
        Tensor conv = old.model().state("conv1.weight").value();
        assertThat(start.state("conv1.weight").value().equalBits(conv)).isTrue();
        String head = start.headName() + ".weight";
        assertThat(start.state(head).shape().dim(0)).isEqualTo(10);
        if (classes == 10) {
          Tensor known = old.model().state(head).value();
          assertThat(start.state(head).value().equalBits(known)).isFalse();
        }
      }
    }
  }

  @Test
  void a_bare_file_starts_the_network_that_is_named() throws IOException {
    Path file = weights(DIGITS).resolve("model.safetensors");
    Experiment experiment = plan("from", "lenet5", "weights", file.toString());
    assertThat(experiment.recipe().from().value()).isEqualTo("lenet5");
    assertThat(experiment.recipe().weights().value()).isEqualTo(file.toString());
    train(experiment, "a");
    assertThat(at("a/environment.json")).content().contains(Sha256.of(file));
  }

  @Test
  void a_run_that_was_stopped_goes_on_without_the_weights_that_it_started_from()
      throws IOException {
    Path weights = weights(DIGITS);
    Experiment experiment = plan("from", weights.toString(), "epochs", "2");
    train(experiment, "whole");
    try (TrainingRun run = run(experiment, "stopped")) {
      run.listen(
          new TrainingListener() {
            @Override
            public void stepped(Step step) {
              if (step.update() == 3) {
                run.requestStop();
              }
            }
          });
      run.train(TrainingRun.Start.NEW);
    }
    try (Stream<Path> files = Files.list(weights)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    RunFolder stopped = RunFolder.open(at("stopped"));
    Experiment again =
        Experiment.planAgain(
            RecipeReader.create().read(stopped.recipe().toString()), surroundings(), stopped);
    try (TrainingRun run = new TrainingRun(again, stopped, List.of("test"), w -> {})) {
      run.train(TrainingRun.Start.RESUME);
    }
    assertThat(at("stopped/model.safetensors"))
        .hasSameBinaryContentAs(at("whole/model.safetensors"));
  }

  private static void refuses(String message, String... options) {
    assertThatThrownBy(() -> plan(options)).isInstanceOf(LinnetException.class).hasMessage(message);
  }

  @Test
  void what_cannot_be_is_refused_in_one_line() {
    String weights = weights(DIGITS).toString();
    refuses(
        "model: got \"resnet20\" (--model); the weights to start from are of lenet5; leave model"
            + " out, or start from others",
        "from",
        weights,
        "model",
        "resnet20");
    refuses(
        at("none")
            + ": no such folder; give a run's folder, a folder with config.json and"
            + " model.safetensors, or a name of the zoo with --weights FILE",
        "from",
        at("none").toString());
    refuses(
        "weights: got \"x.pth\" (--weights); must be none where from names no network, such as"
            + " --from resnet50 --weights FILE",
        "weights",
        "x.pth");
    refuses(
        "normalize: got \"weights\" (--normalize); must be data or imagenet where from is none",
        "normalize",
        "weights");
    refuses(
        at("none") + ": no such file of weights",
        "from",
        "lenet5",
        "weights",
        at("none").toString());
    refuses(
        "model: got \"resnt20\"; must be a name of the zoo; did you mean \"resnet20\" or"
            + " \"resnet50\"?",
        "from",
        "resnt20",
        "weights",
        weights + "/model.safetensors");
  }
}
