package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.RandomState;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.recipe.TransferAdvice.Level;
import dev.linnet.recipe.TransferAdvice.Similarity;
import dev.linnet.recipe.TransferAdvice.Size;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.weights.Hub;
import dev.linnet.weights.WeightsFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The four quadrants. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TransferAdvisorTest {
  @TempDir private Path folder;

  private static TransferAdvice decide(double middle, double last, int pictures) {
    return TransferAdvisor.decide(
        List.of(new Level("layer2", 32, 90, middle), new Level("pre_logits", 64, 95, last)),
        90,
        Optional.empty(),
        pictures);
  }

  @Test
  void few_pictures_like_those_of_the_weights_get_a_head() {
    TransferAdvice advice = decide(0.1, 0.2, 40);
    assertThat(advice.size()).isEqualTo(Size.SMALL);
    assertThat(advice.similarity()).isEqualTo(Similarity.SIMILAR);
    assertThat(advice.strategy()).isEqualTo(Strategy.HEAD);
    assertThat(advice.reason())
        .isEqualTo(
            "no features fit the classes better than the last (LogME 0.200), and 40 pictures are"
                + " too few to make them better");
  }

  @Test
  void few_other_pictures_change_the_layers() {
    TransferAdvice advice = decide(0.3, 0.2, 40);
    assertThat(advice.similarity()).isEqualTo(Similarity.DIFFERENT);
    assertThat(advice.strategy()).isEqualTo(Strategy.ALL);
    assertThat(advice.reason())
        .isEqualTo(
            "the features of layer2 fit the classes better than the last do (LogME 0.300 beside"
                + " 0.200), so the last are made for other pictures and must change");
  }

  @Test
  void many_pictures_change_all_layers() {
    TransferAdvice advice = decide(0.1, 0.2, 5000);
    assertThat(advice.size()).isEqualTo(Size.LARGE);
    assertThat(advice.strategy()).isEqualTo(Strategy.ALL);
    assertThat(advice.reason()).isEqualTo("5,000 pictures are enough to make all layers better");
  }

  @Test
  void many_other_pictures_change_all_layers() {
    TransferAdvice advice = decide(0.3, 0.2, 5000);
    assertThat(advice.size()).isEqualTo(Size.LARGE);
    assertThat(advice.similarity()).isEqualTo(Similarity.DIFFERENT);
    assertThat(advice.strategy()).isEqualTo(Strategy.ALL);
  }

  @Test
  void features_of_every_depth_are_measured() {
    ZooModel zoo = Zoo.find("resnet20");
    try (Scope scope = Scope.open("weights");
        Classifier model =
            zoo.create(
                zoo.options().withClasses(4).withInChannels(1), Device.CPU, RandomState.of(3))) {
      assertThat(scope.name()).isEqualTo("weights");
      WeightsFolder.save(
          folder,
          model,
          IntStream.range(0, 4).mapToObj(i -> "class " + i).toList(),
          zoo.published().preprocessing().withChannels(1));
    }
    LoadedRecipe recipe =
        RecipeReader.create()
            .read(
                "transfer",
                Map.of("from", folder.toString(), "limit", "12", "size", "16", "threads", "1"),
                List.of());
    Experiment experiment =
        Experiment.plan(
            recipe,
            new Experiment.Surroundings(
                Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
    List<String> warnings = new ArrayList<>();
    TransferAdvice advice = TransferAdvisor.advise(experiment, warnings::add, (done, all) -> {});
    assertThat(warnings).isEmpty();
    assertThat(advice.levels())
        .extracting(Level::layer)
        .hasSizeGreaterThan(3)
        .endsWith("layer3", FeatureExtractor.POOLED);
    assertThat(advice.levels()).allMatch(level -> Double.isFinite(level.logMe()));
    assertThat(advice.levels().get(0).probe()).isGreaterThan(10); // ten classes
    assertThat(advice.baseline()).map(TransferAdvice.Baseline::split).contains(Split.TEST);
    assertThat(TransferAdvisor.advise(experiment, warnings::add, (done, all) -> {}))
        .isEqualTo(advice);
  }
}
