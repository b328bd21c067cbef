package dev.linnet.models;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Compiled;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Recording;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.weights.Fit;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsFolder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * What every network of the zoo must do; {@link SweepTest} and {@link LargeSweepTest} say which.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
abstract class Sweep {
  /** Networks without a border at some layers lose this many pixels of their maps at most. */
  private static final int LOST = 4;

  private final Swept swept;
  private final Scope scope = Scope.open("sweep");

  /** Says which network failed, for reports that only number them. */
  @RegisterExtension
  final TestExecutionExceptionHandler naming =
      (context, failure) -> {
        if (failure instanceof TestAbortedException) {
          throw failure;
        }
        throw new AssertionError(named() + ": " + failure.getMessage(), failure);
      };

  Sweep(Swept swept) {
    this.swept = swept;
  }

  private String named() {
    return swept.name();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void a_training_step_gives_every_parameter_a_gradient() {
    Classifier model = swept.model();
    model.train();
    model.reseed(RandomState.of(2));
    Tensor logits = model.forward(pictures(2, swept.sensible()));
    assertThat(logits.shape()).isEqualTo(Shape.of(2, Swept.CLASSES));
    logits.crossEntropy(Tensor.of(new long[] {0, 5}), null, 0).backward();
    assertThat(withoutGradient(model.parameters())).isEmpty();
  }

  @Test
  void compiled_for_inference_it_gives_the_same() {
    Classifier model = swept.model();
    model.eval();
    Tensor x = pictures(2, swept.sensible()).channelsLast();
    Tensor plain = Autograd.off(() -> model.forward(x));
    // How far rounding alone moves the result; deep networks with weights of a hash are chaotic.
    Tensor noise = Tensor.normal(0, 1e-7, RandomState.of(9), DType.FLOAT32, x.shape().toArray());
    double moved = apart(Autograd.off(() -> model.forward(x.add(noise).channelsLast())), plain);
    for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
      try (Compiled compiled = new Compiled(model::forward, dtype, 2)) {
        assertThat(compiled.prepare(x)).isEmpty();
        Tensor y = compiled.forward(x);
        double allowed = dtype == DType.FLOAT32 ? 1e-5 + 20 * moved : 0.1 + 1e5 * moved;
        assertThat(apart(y, plain)).isLessThan(allowed);
        assertThat(compiled.forward(x).equalBits(y)).isTrue();
      }
    }
  }

  /** The largest difference, by the largest value. */
  private static double apart(Tensor a, Tensor b) {
    Dims all = Dims.of(0, 1);
    return a.sub(b).abs().max(all).item() / b.abs().max(all).item();
  }

  @Test
  void the_graph_recorded_without_memory_is_that_of_a_real_pass() {
    Classifier model = swept.model();
    Swept.Size size = swept.sensible();
    Recording planned =
        swept
            .zoo()
            .record(swept.options(), Shape.of(1, swept.channels(), size.height(), size.width()));
    Tensor x = pictures(1, size);
    Recording real = Recording.of(() -> model.forward(x));
    assertThat(lines(planned)).isEqualTo(lines(real));
    ModelCost cost = swept.zoo().cost(swept.options(), size.height(), size.width());
    assertThat(cost.macs()).isPositive().isEqualTo(real.macs());
    assertThat(cost.activationBytes()).isPositive().isEqualTo(real.activationBytes());
    assertThat(cost.parameters())
        .isPositive()
        .isEqualTo(model.parameters().values().stream().mapToLong(p -> p.value().count()).sum());
  }

  @Test
  void saved_and_loaded_it_gives_the_same_bits() {
    Classifier model = swept.model();
    Tensor x = pictures(2, swept.sensible());
    Tensor expected = Autograd.off(() -> model.forward(x));
    Pretrained loaded = WeightsFolder.load(swept.saved(), Device.CPU);
    try (Classifier again = loaded.model()) {
      assertThat(again.architecture()).isEqualTo(swept.name());
      assertThat(List.copyOf(again.state().keySet()))
          .isEqualTo(List.copyOf(model.state().keySet()));
      Tensor logits = Autograd.off(() -> again.forward(x));
      assertThat(finite(logits)).isTrue();
      assertThat(logits.equalBits(expected)).isTrue();
    }
  }

  @Test
  void it_sees_a_grey_picture_as_the_same_picture_in_grey_colors() {
    Classifier model = swept.model();
    Swept.Size size = swept.sensible();
    Tensor grey = pictures(2, 1, size);
    Tensor colors = grey.expand(2, swept.channels(), size.height(), size.width()).channelsLast();
    try (Classifier greyModel = swept.zoo().declare(swept.options().withInChannels(1))) {
      List<String> adapted = WeightsFolder.loadInto(swept.saved(), greyModel, Fit.ADAPT);
      assertThat(adapted).hasSize(swept.channels() == 1 ? 0 : model.firstConvNames().size());
      greyModel.eval();
      Taps.Seen seen = firstMaps(greyModel, grey);
      assertThat(seen.output().shape()).isEqualTo(Shape.of(2, Swept.CLASSES));
      assertThat(finite(seen.output())).isTrue();
      Taps.Seen expected = firstMaps(model, colors);
      for (String first : model.firstConvNames()) {
        double[] ours = requireNonNull(seen.tapped().get(first)).toDoubles();
        double[] theirs = requireNonNull(expected.tapped().get(first)).toDoubles();
        assertThat(distance(ours, theirs)).as(first).isLessThan(1e-5);
      }
    }
  }

  private static Taps.Seen firstMaps(Classifier model, Tensor x) {
    return Autograd.off(() -> Taps.run(model, model.firstConvNames(), () -> model.forward(x)));
  }

  @Test
  void a_new_head_fits_and_learns() {
    try (Classifier model = swept.copy()) {
      List<String> names = List.copyOf(model.state().keySet());
      model.train();
      model.resetHead(3, RandomState.of(4));
      assertThat(List.copyOf(model.state().keySet())).isEqualTo(names);
      assertThat(model.classes()).isEqualTo(3);
      Tensor pooled = Autograd.off(() -> model.pool(model.features(pictures(2, swept.sensible()))));
      Tensor logits = model.head(pooled);
      assertThat(logits.shape()).isEqualTo(Shape.of(2, 3));
      logits.crossEntropy(Tensor.of(new long[] {0, 2}), null, 0).backward();
      Map<String, Parameter> head = new LinkedHashMap<>(model.parameters());
      head.keySet().removeIf(name -> !name.startsWith(model.headName() + "."));
      assertThat(head).isNotEmpty();
      assertThat(withoutGradient(head)).isEmpty();
    }
  }

  @Test
  void a_single_picture_of_odd_sides_gives_logits() {
    Tensor logits = Autograd.off(() -> swept.model().forward(pictures(1, swept.odd())));
    assertThat(logits.shape()).isEqualTo(Shape.of(1, Swept.CLASSES));
    assertThat(finite(logits)).isTrue();
  }

  @Test
  void the_least_picture_gives_logits() {
    Swept.Size least = new Swept.Size(swept.least(), swept.least());
    Tensor logits = Autograd.off(() -> swept.model().forward(pictures(1, least)));
    assertThat(logits.shape()).isEqualTo(Shape.of(1, Swept.CLASSES));
    assertThat(finite(logits)).isTrue();
  }

  @Test
  void smaller_pictures_get_one_line() {
    Classifier model = swept.model();
    int least = swept.least();
    for (Swept.Size size :
        Set.of(
            new Swept.Size(least - 1, least),
            new Swept.Size(least, least - 1),
            new Swept.Size(least / 2, least / 2))) {
      Tensor x = pictures(1, size);
      assertThatThrownBy(() -> model.forward(x))
          .isInstanceOf(LinnetException.class)
          .hasMessageStartingWith(
              "%s: got pictures of %d×%d pixels; ", swept.name(), size.height(), size.width())
          .hasMessageContaining("; resize them")
          .hasMessageNotContaining("\n");
      assertThatThrownBy(() -> model.featureMaps(x)).isInstanceOf(LinnetException.class);
    }
  }

  @Test
  void head_of_pooled_features_is_the_forward_pass() {
    Classifier model = swept.model();
    Tensor x = pictures(2, swept.odd());
    Autograd.off(
        () -> {
          Tensor pooled = model.pool(model.features(x));
          assertThat(pooled.dim(0)).isEqualTo(2);
          assertThat(pooled.dim(1)).isEqualTo(model.numFeatures()); // SqueezeNet's are still maps
          assertThat(model.head(pooled).equalBits(model.forward(x))).isTrue();
        });
  }

  @Test
  void feature_maps_have_the_declared_channels_and_strides() {
    Classifier model = swept.model();
    Swept.Size size = swept.odd();
    List<FeatureLevel> levels = model.levels();
    assertThat(levels).isNotEmpty();
    List<Tensor> maps = Autograd.off(() -> model.featureMaps(pictures(1, size)));
    assertThat(maps).hasSameSizeAs(levels);
    int last = levels.get(levels.size() - 1).stride();
    Swept.Size larger = new Swept.Size(size.height() + last, size.width() + 2 * last);
    boolean grows = swept.takes(larger.height(), larger.width());
    for (int i = 0; i < maps.size(); i++) {
      FeatureLevel level = levels.get(i);
      Tensor map = maps.get(i);
      String what = level.module();
      assertThat(map.dim(1)).as(what).isEqualTo(level.channels());
      assertSide(what, map.dim(2), size.height(), level.stride());
      assertSide(what, map.dim(3), size.width(), level.stride());
      if (grows) {
        Tensor more =
            swept
                .shapes()
                .featureMaps(
                    Tensor.empty(
                        DType.FLOAT32,
                        Device.META,
                        1,
                        swept.channels(),
                        larger.height(),
                        larger.width()),
                    i)
                .get(0);
        assertThat(more.dim(2) - map.dim(2)).as(what).isEqualTo(last / level.stride());
        assertThat(more.dim(3) - map.dim(3)).as(what).isEqualTo(2L * last / level.stride());
      }
    }
  }

  private static void assertSide(String what, long side, int picture, int stride) {
    assertThat(side)
        .as(what)
        .isBetween((long) picture / stride - LOST, (picture + stride - 1L) / stride);
  }

  /** Compared with a pass in which every layer is watched, so that each works on copies. */
  @Test
  void every_layer_is_found_by_name_and_what_a_tap_saw_stays() {
    Classifier model = swept.model();
    Tensor x = pictures(1, swept.sensible());
    List<String> names = new ArrayList<>();
    List<String> layers = new ArrayList<>();
    model.walk(
        (name, module) -> {
          if (module != model) {
            names.add(name);
            assertThat(model.find(name)).as(name).isSameAs(module);
            if (ownsParameters(module)) {
              layers.add(name);
            }
          }
        });
    Autograd.off(
        () -> {
          Tensor logits = model.forward(x);
          Taps.Seen all = Taps.run(model, names, () -> model.forward(x));
          assertThat(all.output().equalBits(logits)).isTrue();
          assertThat(all.tapped().keySet()).containsAll(layers);
          for (int part = 0; part < 2; part++) {
            List<String> some = everySecond(names, part);
            Taps.Seen seen = Taps.run(model, some, () -> model.forward(x));
            assertThat(seen.output().equalBits(logits)).isTrue();
            seen.tapped()
                .forEach(
                    (name, value) ->
                        assertThat(value.equalBits(requireNonNull(all.tapped().get(name))))
                            .as(name)
                            .isTrue());
          }
        });
  }

  private static List<String> everySecond(List<String> names, int first) {
    return IntStream.range(0, names.size())
        .filter(i -> i % 2 == first)
        .mapToObj(names::get)
        .toList();
  }

  private static boolean ownsParameters(Module module) {
    return module.children().isEmpty() && !module.state().isEmpty();
  }

  private static List<String> lines(Recording recording) {
    return recording.nodes().stream()
        .map(
            node -> node.operator() + " " + node.inputs() + " " + node.output() + " " + node.macs())
        .toList();
  }

  private static List<String> withoutGradient(Map<String, Parameter> parameters) {
    List<String> without = new ArrayList<>();
    parameters.forEach(
        (name, p) -> {
          Tensor gradient = p.value().grad();
          double sum = gradient == null ? 0 : gradient.abs().sum().item();
          if (!(sum > 0 && Double.isFinite(sum))) {
            without.add(name + ": " + (gradient == null ? "none" : String.valueOf(sum)));
          }
          p.value().clearGrad();
        });
    return without;
  }

  private static boolean finite(Tensor x) {
    return Double.isFinite(x.abs().sum().item());
  }

  private static double distance(double[] a, double[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += Math.pow(a[i] - b[i], 2);
      norm += b[i] * b[i];
    }
    return Math.sqrt(difference / norm);
  }

  private Tensor pictures(int n, Swept.Size size) {
    return pictures(n, swept.channels(), size);
  }

  private static Tensor pictures(int n, int channels, Swept.Size size) {
    return Tensor.normal(
            0, 1, RandomState.of(5), DType.FLOAT32, n, channels, size.height(), size.width())
        .channelsLast();
  }
}
