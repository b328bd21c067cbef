package dev.linnet.explain;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.data.PictureList;
import dev.linnet.image.Orientation;
import dev.linnet.models.InputSize;
import dev.linnet.tensor.Device;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Shared;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Published weights on photographs, against the packages grad-cam and captum; recorded by
 * tools/golden/explain.py.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PublishedWeightsExplainedTest {
  private static final double TOLERANCE = 1e-3;
  private static final String LAST = "last maps";

  static Stream<String> networks() {
    return Stream.of("squeezenet1_1", "tf_efficientnet_lite0");
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("networks")
  void maps_equal_the_packages(String name) {
    Path folder = Shared.path("data/weights/" + name);
    JsonNode recorded =
        Golden.json("explain.json")
            .get("photographs")
            .valueStream()
            .filter(row -> row.get("model").asText().equals(name))
            .findFirst()
            .orElseThrow();
    List<Path> files = new ArrayList<>();
    recorded.get("pictures").forEach(file -> files.add(Shared.path(file.asText())));
    try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
      Pretrained square =
          new Pretrained(
              loaded.model(),
              loaded.classNames(),
              loaded.preprocessing().withInput(InputSize.square(3, 224)).withCropPct(0.875));
      Explainer explainer = new Explainer(square, Orientation.IGNORE, Long.MAX_VALUE, Device.CPU);
      recorded
          .get("maps")
          .fieldNames()
          .forEachRemaining(key -> compare(explainer, files, recorded, key));
    }
  }

  private static void compare(
      Explainer explainer, List<Path> files, JsonNode recorded, String key) {
    Map<String, Attribution> ways =
        Map.of(
            "grad-cam", GradCam.DEFAULT,
            "grad-cam++", GradCamPlusPlus.DEFAULT,
            "score-cam", ScoreCam.DEFAULT,
            "integrated-gradients", new IntegratedGradients(50, 1, 0));
    String[] parts = key.split(" ", 2);
    Optional<String> layer =
        parts.length == 1 || parts[1].equals(LAST) ? Optional.empty() : Optional.of(parts[1]);
    double[] expected = Golden.doubles(recorded.get("maps").get(key));
    int each = expected.length / files.size();
    for (int i = 0; i < files.size(); i++) {
      int label = recorded.get("classes").get(i).asInt();
      Explainer.Request request =
          new Explainer.Request(
              List.of(requireNonNull(ways.get(parts[0]))),
              layer,
              List.of(),
              Optional.empty(),
              Optional.empty());
      Explainer.Explained found = explainer.explain(new PictureList(files), i, request, step -> {});
      assertThat(found.answers().get(0).index()).isEqualTo(label);
      Heatmap heat = found.maps().get(0).heat();
      double[] means = AttributionTest.means(parts.length == 1 ? heat : heat.shown(), 8);
      double[] own = Arrays.copyOfRange(expected, i * each, (i + 1) * each);
      assertThat(AttributionTest.distance(means, own)).as(key + " " + i).isLessThan(TOLERANCE);
    }
  }
}
