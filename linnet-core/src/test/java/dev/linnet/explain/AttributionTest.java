package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against the packages grad-cam and captum; recorded by tools/golden/explain.py. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AttributionTest {
  private static final double TOLERANCE = 1e-3;

  private final Scope scope = Scope.open("test");
  private final JsonNode resnet20 = Golden.json("explain.json").get("networks").get(0);
  private final JsonNode vit = Golden.json("explain.json").get("networks").get(1);

  @AfterEach
  void close() {
    scope.close();
  }

  static Classifier network(JsonNode recorded) {
    ZooModel zoo = Zoo.find(recorded.get("model").asText());
    Classifier model = zoo.create(zoo.options(), Device.CPU, RandomState.of(0));
    HashWeights.fill(model, recorded.get("gain").asDouble());
    model.eval();
    return model;
  }

  static int[] classes(JsonNode recorded) {
    return recorded.get("classes").valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  /** ‖a − b‖ / ‖b‖. */
  static double distance(double[] a, double[] b) {
    assertThat(a).hasSameSizeAs(b);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      norm += b[i] * b[i];
    }
    return Math.sqrt(norm == 0 ? difference : difference / norm);
  }

  private static double[] recorded(JsonNode network, String key, int picture, int pictures) {
    double[] all = Golden.doubles(network.get("maps").get(key));
    int each = all.length / pictures;
    return Arrays.copyOfRange(all, picture * each, (picture + 1) * each);
  }

  private static double[] values(Heatmap map) {
    float[] floats = map.toArray();
    double[] values = new double[floats.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = floats[i];
    }
    return values;
  }

  private void matches(String key, Attribution way, Subject subject) {
    Tensor x = HashWeights.pictures(2, 3, 32, 32);
    List<Heatmap> maps = way.explain(subject, x, classes(resnet20));
    for (int i = 0; i < 2; i++) {
      double[] expected = recorded(resnet20, key, i, 2);
      // The package shows its maps from 0 to 1.
      Heatmap map = key.contains("layer") ? maps.get(i).shown() : maps.get(i);
      assertThat(distance(values(map), expected)).as(key + " " + i).isLessThan(TOLERANCE);
    }
  }

  @Test
  void grad_cams_equal_the_package_at_the_last_maps_and_at_a_layer() {
    try (Classifier model = network(resnet20)) {
      Subject last = Subject.of(model);
      Subject middle = last.at("layer2");
      for (Attribution way : List.of(GradCam.DEFAULT, GradCamPlusPlus.DEFAULT, new ScoreCam(7))) {
        matches(way.key() + " layer3", way, last);
        matches(way.key() + " layer3", way, last.at("layer3"));
        matches(way.key() + " layer2", way, middle);
      }
    }
  }

  @Test
  void the_mean_of_a_class_activation_map_and_the_bias_are_the_logit() {
    try (Classifier model = network(resnet20)) {
      Tensor x = HashWeights.pictures(2, 3, 32, 32);
      Tensor maps = Cam.DEFAULT.maps(Subject.of(model), x, classes(resnet20));
      for (int i = 0; i < 2; i++) {
        double[] map = maps.select(0, i).toDoubles();
        assertThat(distance(map, recorded(resnet20, "cam", i, 2))).isLessThan(TOLERANCE);
        int label = classes(resnet20)[i];
        double bias = model.state("fc.bias").value().toDoubles()[label];
        double logit = model.forward(x).select(0, i).toDoubles()[label];
        assertThat(Arrays.stream(map).average().orElseThrow() + bias)
            .isCloseTo(logit, within(1e-4));
      }
    }
  }

  @Test
  void integrated_gradients_equal_captum_in_which_nothing_is_refined() {
    try (Classifier model = network(resnet20)) {
      matches("integrated-gradients", new IntegratedGradients(50, 1e-3, 0), Subject.of(model));
    }
  }

  /** With defaults that cost little. */
  private static List<Attribution> quick() {
    return List.of(
        Cam.DEFAULT,
        GradCam.DEFAULT,
        GradCamPlusPlus.DEFAULT,
        ScoreCam.DEFAULT,
        new IntegratedGradients(8, 1, 0),
        new SmoothGrad(2, 0.15, 0),
        new Occlusion(0.5, 0.5));
  }

  @Test
  void integrated_gradients_are_complete() {
    ZooModel zoo = Zoo.find("lenet5");
    try (Classifier model = zoo.create(zoo.options(), Device.CPU, RandomState.of(0))) {
      HashWeights.fill(model, 1.4);
      assertComplete(model, HashWeights.pictures(2, 1, 28, 28), 3, 7);
    }
  }

  @Tag("slow")
  @Test
  void integrated_gradients_of_a_deep_network_are_complete() {
    try (Classifier model = network(resnet20)) {
      assertComplete(model, HashWeights.pictures(2, 3, 32, 32), classes(resnet20));
    }
  }

  private static void assertComplete(Classifier model, Tensor x, int... classes) {
    IntegratedGradients.Integrated found =
        IntegratedGradients.DEFAULT.attributions(Subject.of(model), x, classes);
    for (int i = 0; i < classes.length; i++) {
      int picture = i;
      Tensor one = x.narrow(0, i, 1);
      double change =
          Autograd.off(
              () ->
                  model.forward(one).toDoubles()[classes[picture]]
                      - model.forward(one.mul(0)).toDoubles()[classes[picture]]);
      double sum = found.attributions().select(0, i).sum().item();
      assertThat(Math.abs(sum - change)).isLessThan(1.01e-3 * Math.abs(change));
      assertThat(Math.abs(found.gaps().get(i))).isLessThanOrEqualTo(1e-3);
    }
  }

  @Test
  void what_captum_calls_delta_is_the_gap() {
    try (Classifier model = network(resnet20)) {
      Tensor x = HashWeights.pictures(2, 3, 32, 32);
      double[] change = Golden.doubles(resnet20.get("change"));
      double[] delta = Golden.doubles(resnet20.get("delta"));
      List<Double> gaps =
          new IntegratedGradients(50, 1, 0)
              .attributions(Subject.of(model), x, classes(resnet20))
              .gaps();
      for (int i = 0; i < 2; i++) {
        assertThat(gaps.get(i)).isCloseTo(delta[i] / change[i], within(2e-3));
      }
    }
  }

  @Test
  void smooth_grad_is_the_mean_gradient_over_noisy_copies() {
    try (Classifier model = network(resnet20)) {
      Tensor x = HashWeights.pictures(2, 3, 32, 32);
      SmoothGrad way = new SmoothGrad(4, 0.2, 0);
      Tensor maps = way.maps(Subject.of(model), x, AttributionTest::noise, classes(resnet20));
      for (int i = 0; i < 2; i++) {
        assertThat(distance(maps.select(0, i).toDoubles(), recorded(resnet20, "smooth-grad", i, 2)))
            .isLessThan(TOLERANCE);
      }
      List<Heatmap> once = way.explain(Subject.of(model), x, 3, 7);
      List<Heatmap> again = way.explain(Subject.of(model), x, 3, 7);
      assertThat(again.get(1).toArray()).isEqualTo(once.get(1).toArray());
    }
  }

  private static Tensor noise(int copy) {
    float[] values = new float[3 * 32 * 32];
    for (int j = 0; j < values.length; j++) {
      values[j] = (float) (Math.sqrt(12) * HashWeights.uniform(900 + copy, j));
    }
    return Tensor.of(values, 1, 3, 32, 32);
  }

  @Test
  void occlusion_equals_captum_windows_cut_off_at_the_border_included() {
    try (Classifier model = network(resnet20)) {
      matches("occlusion", new Occlusion(0.25, 0.625), Subject.of(model));
    }
  }

  @Test
  void tokens_are_maps_too() {
    try (Classifier model = network(vit)) {
      Tensor x = HashWeights.pictures(2, 3, 64, 96);
      for (Attribution way : List.of(GradCam.DEFAULT, GradCamPlusPlus.DEFAULT, ScoreCam.DEFAULT)) {
        String key = way.key() + " blocks.11.norm1";
        List<Heatmap> maps = way.explain(Subject.of(model), x, classes(vit));
        for (int i = 0; i < 2; i++) {
          assertThat(distance(means(maps.get(i).shown(), 4), recorded(vit, key, i, 2)))
              .as(key + " " + i)
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  /** Of blocks of side × side. */
  static double[] means(Heatmap map, int side) {
    int width = map.size().width() / side;
    double[] means = new double[map.size().height() / side * width];
    for (int row = 0; row < map.size().height(); row++) {
      for (int column = 0; column < map.size().width(); column++) {
        means[row / side * width + column / side] +=
            map.value(row, column) / ((double) side * side);
      }
    }
    return means;
  }

  @Test
  void several_classes_of_one_picture_are_a_batch() {
    try (Classifier model = network(resnet20)) {
      Subject subject = Subject.of(model);
      Tensor one = HashWeights.pictures(2, 3, 32, 32).narrow(0, 0, 1);
      Tensor twice = one.expand(2, 3, 32, 32).contiguous();
      for (Attribution way : quick()) {
        List<Heatmap> both = way.explain(subject, twice, 3, 5);
        assertThat(distance(values(both.get(1)), values(way.explain(subject, one, 5).get(0))))
            .as(way.key())
            .isLessThan(TOLERANCE);
        assertThat(distance(values(both.get(0)), values(both.get(1)))).isGreaterThan(1e-2);
      }
    }
  }

  @Test
  void no_weight_gets_a_gradient() {
    try (Classifier model = network(resnet20)) {
      Tensor x = HashWeights.pictures(2, 3, 32, 32);
      quick().forEach(way -> way.explain(Subject.of(model), x, 1, 2));
      assertThat(model.parameters().values()).allMatch(p -> p.value().grad() == null);
    }
  }

  @Test
  void what_cannot_be_explained_is_refused_in_one_line() {
    Tensor x = HashWeights.pictures(1, 3, 32, 32);
    try (Classifier model = network(resnet20)) {
      Subject subject = Subject.of(model);
      assertThatThrownBy(() -> GradCam.DEFAULT.explain(subject.at("layer33"), x, 0))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "layer: got \"layer33\"; must be a layer of the network; did you mean \"layer3\","
                  + " \"layer3.0\" or \"layer3.1\"?");
      assertThatThrownBy(() -> GradCam.DEFAULT.explain(subject.at("fc"), x, 0))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "layer: got \"fc\", which puts out [1, 10]; must be a layer that puts out maps, such"
                  + " as \"layer3\"");
      assertThatThrownBy(() -> GradCam.DEFAULT.explain(subject, x, 10))
          .isInstanceOf(LinnetException.class)
          .hasMessage("class: got 10; must be in [0, 10)");
      Tensor small = HashWeights.pictures(1, 3, 4, 4);
      for (Attribution way : List.of(GradCam.DEFAULT, GradCamPlusPlus.DEFAULT, ScoreCam.DEFAULT)) {
        assertThatThrownBy(() -> way.explain(subject, small, 0))
            .isInstanceOf(LinnetException.class)
            .hasMessage(
                "the maps of layer \"the last maps\" have one pixel, so no place to point at; name"
                    + " an earlier layer, or use integrated-gradients, smooth-grad or occlusion");
      }
      for (Attribution way :
          List.of(
              new IntegratedGradients(8, 1, 0),
              new SmoothGrad(2, 0.15, 0),
              new Occlusion(0.5, 0.5))) {
        assertThat(way.explain(subject, small, 0).get(0).isConstant()).as(way.key()).isFalse();
      }
    }
    ZooModel zoo = Zoo.find("lenet5");
    try (Classifier lenet = zoo.create(zoo.options(), Device.CPU, RandomState.of(0))) {
      Tensor grey = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 1, 1, 28, 28);
      assertThatThrownBy(() -> Cam.DEFAULT.explain(Subject.of(lenet), grey, 0))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "cam: lenet5 does not answer with the mean of its last maps and one linear layer; use"
                  + " grad-cam, grad-cam++, score-cam, integrated-gradients, smooth-grad or"
                  + " occlusion");
    }
  }

  @Test
  void settings_outside_their_range_are_refused() {
    assertThatThrownBy(() -> new ScoreCam(0)).hasMessage("batch: got 0; must be at least 1");
    assertThatThrownBy(() -> new IntegratedGradients(0, 1e-3, 0))
        .hasMessage("steps: got 0; must be in [1, 1000]");
    assertThatThrownBy(() -> new IntegratedGradients(1, 0, 0))
        .hasMessage("completeness: got 0.0; must be above 0");
    assertThatThrownBy(() -> new IntegratedGradients(1, 1, -1))
        .hasMessage("most_steps: got -1; must be at least 0");
    assertThatThrownBy(() -> new SmoothGrad(0, 0.1, 0))
        .hasMessage("samples: got 0; must be in [1, 10000]");
    assertThatThrownBy(() -> new SmoothGrad(1, 1.5, 0))
        .hasMessage("noise: got 1.5; must be in [0, 1]");
    assertThatThrownBy(() -> new Occlusion(0, 1)).hasMessage("window: got 0.0; must be in (0, 1]");
    assertThatThrownBy(() -> new Occlusion(1, 2)).hasMessage("step: got 2.0; must be in (0, 1]");
    assertThatThrownBy(() -> new Faithfulness(0)).hasMessage("steps: got 0; must be at least 1");
    assertThatThrownBy(() -> new SanityCheck(0, 0)).hasMessage("stages: got 0; must be at least 1");
  }

  @Test
  void points_and_weights_of_gauss_and_legendre_integrate_polynomials() {
    for (int n : new int[] {1, 2, 5, 50, 301}) {
      GaussLegendre rule = GaussLegendre.of(n);
      for (int power = 0; power < Math.min(2 * n, 20); power++) {
        double sum = 0;
        for (int i = 0; i < rule.size(); i++) {
          sum += rule.weight(i) * Math.pow(rule.point(i), power);
        }
        assertThat(sum).isCloseTo(1.0 / (power + 1), within(1e-13));
      }
    }
  }
}
