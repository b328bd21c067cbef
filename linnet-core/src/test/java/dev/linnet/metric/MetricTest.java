package dev.linnet.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class MetricTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("metrics");
  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private final Scope scope = Scope.open("metric test");

  @AfterEach
  void close() {
    scope.close();
  }

  // ------------------------------------------------------------------ recorded values

  @Test
  void calibration_accuracy_and_loss_are_the_recorded_ones() {
    JsonNode golden = GOLDEN.get("calibration");
    long images = golden.get("targets").size();
    Predictions all =
        Predictions.of(
            Tensor.of(Golden.doubles(golden.get("logits")), images, 10),
            Tensor.of(Golden.longs(golden.get("targets"))));
    Calibration calibration = new Calibration();
    calibration.add(all);
    assertThat(calibration.error()).isCloseTo(golden.get("ece").doubleValue(), within(1e-7));
    List<Calibration.Bin> filled = calibration.bins().stream().filter(b -> b.images() > 0).toList();
    JsonNode expected = golden.get("bins_index_count_accuracy_confidence");
    assertThat(filled).hasSize(expected.size());
    for (int i = 0; i < filled.size(); i++) {
      Calibration.Bin bin = filled.get(i);
      assertThat(new double[] {bin.low() * 15, bin.images(), bin.accuracy(), bin.confidence()})
          .containsExactly(Golden.doubles(expected.get(i)), within(1e-7));
    }
    Accuracy accuracy = new Accuracy();
    accuracy.add(all);
    assertThat(accuracy.top(1)).isEqualTo(golden.get("top1").doubleValue());
    MeanLoss loss = new MeanLoss();
    loss.add(all);
    assertThat(loss.mean()).isCloseTo(golden.get("nll").doubleValue(), within(1e-6));
  }

  @Test
  void the_temperature_and_what_it_leaves_are_the_recorded_ones() {
    JsonNode golden = GOLDEN.get("calibration");
    long images = golden.get("targets").size();
    Tensor logits = Tensor.of(Golden.doubles(golden.get("logits")), images, 10);
    Tensor targets = Tensor.of(Golden.longs(golden.get("targets")));
    TemperatureScaling scaling = new TemperatureScaling();
    scaling.add(logits.narrow(0, 0, 20), targets.narrow(0, 0, 20));
    scaling.add(logits.narrow(0, 20, images - 20), targets.narrow(0, 20, images - 20));
    assertThat(scaling.images()).isEqualTo(images);
    double temperature = scaling.temperature();
    assertThat(temperature).isCloseTo(golden.get("temperature").doubleValue(), within(1e-6));
    Predictions scaled = Predictions.of(logits, targets).withTemperature(temperature);
    MeanLoss loss = new MeanLoss();
    loss.add(scaled);
    assertThat(loss.mean()).isCloseTo(golden.get("nll_scaled").doubleValue(), within(1e-7));
    Calibration calibration = new Calibration();
    calibration.add(scaled);
    assertThat(calibration.error()).isCloseTo(golden.get("ece_scaled").doubleValue(), within(1e-6));
    List<Calibration.Bin> filled = calibration.bins().stream().filter(b -> b.images() > 0).toList();
    JsonNode expected = golden.get("bins_scaled");
    assertThat(filled).hasSize(expected.size());
    for (int i = 0; i < filled.size(); i++) {
      Calibration.Bin bin = filled.get(i);
      assertThat(new double[] {bin.low() * 15, bin.images(), bin.accuracy(), bin.confidence()})
          .containsExactly(Golden.doubles(expected.get(i)), within(1e-6));
    }
  }

  @Test
  void ties_are_broken_by_index_as_recorded() {
    JsonNode golden = GOLDEN.get("top_k_ties");
    Predictions batch =
        Predictions.of(
            Tensor.of(Golden.doubles(golden.get("logits")), 4, 6),
            Tensor.of(Golden.longs(golden.get("targets"))));
    for (int i = 0; i < 4; i++) {
      assertThat(batch.rank(i))
          .isEqualTo(
              golden.get("strictly_greater").get(i).intValue()
                  + golden.get("equal_with_lower_index").get(i).intValue());
      assertThat(batch.predicted(i)).isEqualTo(golden.get("numpy_argmax").get(i).intValue());
    }
    Accuracy accuracy = new Accuracy();
    accuracy.add(batch);
    assertThat(List.of(1, 2, 3, 4, 5, 6, 7)) // ranks 1, 5, 1, 3
        .map(accuracy::top)
        .containsExactly(0.0, 0.5, 0.5, 0.75, 0.75, 1.0, 1.0);
  }

  // ------------------------------------------------------------------ properties

  @Seeds(20)
  void batches_of_any_size_add_up_to_the_same_figures(RandomState random) {
    int images = 1 + random.nextInt(60);
    int classes = 2 + random.nextInt(6);
    Tensor logits = Tensor.normal(0, 2, random, DType.FLOAT32, images, classes);
    long[] targets = new long[images];
    for (int i = 0; i < images; i++) {
      targets[i] = random.nextInt(classes);
    }
    Figures whole = new Figures(classes);
    whole.add(logits, Tensor.of(targets));
    Figures parts = new Figures(classes);
    for (int from = 0; from < images; ) {
      int size = Math.min(images - from, 1 + random.nextInt(9));
      parts.add(
          logits.narrow(0, from, size), Tensor.of(targets).narrow(0, from, size).contiguous());
      from += size;
    }
    assertThat(parts.accuracy.images()).isEqualTo(images);
    for (int k = 1; k <= classes; k++) {
      assertThat(parts.accuracy.top(k)).isEqualTo(whole.accuracy.top(k));
    }
    assertThat(parts.matrix.counts()).isDeepEqualTo(whole.matrix.counts());
    assertThat(parts.calibration.error()).isCloseTo(whole.calibration.error(), within(1e-12));
    assertThat(parts.loss.mean()).isCloseTo(whole.loss.mean(), within(1e-12));
    assertThat(whole.loss.mean())
        .isCloseTo(logits.crossEntropy(Tensor.of(targets), null, 0).item(), within(1e-5));
    double right = 0;
    for (int c = 0; c < classes; c++) {
      right += whole.matrix.count(c, c);
    }
    assertThat(right / images).isEqualTo(whole.accuracy.top(1));
    assertThat(whole.accuracy.top(classes)).isEqualTo(1);
  }

  private static final class Figures {
    final Accuracy accuracy = new Accuracy();
    final Calibration calibration = new Calibration();
    final MeanLoss loss = new MeanLoss();
    final ConfusionMatrix matrix;

    Figures(int classes) {
      matrix = new ConfusionMatrix(classes);
    }

    void add(Tensor logits, Tensor targets) {
      Predictions batch = Predictions.of(logits, targets);
      for (Metric metric : List.of(accuracy, calibration, loss, matrix)) {
        metric.add(batch);
      }
    }
  }

  // ------------------------------------------------------------------ confusion

  @Test
  void precision_recall_and_f1_follow_from_the_matrix() {
    ConfusionMatrix matrix = new ConfusionMatrix(3);
    // right:  0 0 0 1 1 2;  taken for: 0 0 1 1 0 0
    add(matrix, new int[] {0, 0, 1, 1, 0, 0}, 0, 0, 0, 1, 1, 2);
    assertThat(matrix.counts()).isDeepEqualTo(new long[][] {{2, 1, 0}, {1, 1, 0}, {1, 0, 0}});
    assertThat(matrix.scores(0))
        .isEqualTo(new ConfusionMatrix.ClassScores(2 / 4.0, 2 / 3.0, 4 / 7.0, 3));
    assertThat(matrix.scores(1)).isEqualTo(new ConfusionMatrix.ClassScores(0.5, 0.5, 0.5, 2));
    assertThat(matrix.scores(2)).isEqualTo(new ConfusionMatrix.ClassScores(0, 0, 0, 1));
    assertThat(matrix.classes()).isEqualTo(3);
    matrix.counts()[0][0] = 100;
    assertThat(matrix.count(0, 0)).isEqualTo(2);
  }

  private static void add(ConfusionMatrix matrix, int[] taken, long... targets) {
    float[] logits = new float[taken.length * 3];
    for (int i = 0; i < taken.length; i++) {
      logits[i * 3 + taken[i]] = 1;
    }
    matrix.add(Tensor.of(logits, taken.length, 3), Tensor.of(targets));
  }

  // ------------------------------------------------------------------ broken logits

  @Test
  void logits_that_are_not_numbers_are_wrong_and_reported() {
    Tensor logits =
        Tensor.of(
            new float[] {
              3, NAN, 0, // a NaN anywhere
              NAN, NAN, NAN, //
              INF, 0, 0, // no probabilities
              -INF, -INF, -INF, //
              1, -INF, 0, // fine: a class that is ruled out
            },
            5,
            3);
    Predictions batch = Predictions.of(logits, Tensor.of(new long[5]));
    Accuracy accuracy = new Accuracy();
    accuracy.add(batch);
    assertThat(accuracy.top(1)).isEqualTo(0.2);
    assertThat(accuracy.top(3)).isEqualTo(0.2);
    assertThat(accuracy.broken()).isEqualTo(4);
    ConfusionMatrix matrix = new ConfusionMatrix(3);
    matrix.add(batch);
    assertThat(matrix.broken()).isEqualTo(4);
    assertThat(matrix.scores(0)).isEqualTo(new ConfusionMatrix.ClassScores(1, 0.2, 2 / 6.0, 5));
    Calibration calibration = new Calibration();
    calibration.add(batch);
    assertThat(calibration.broken()).isEqualTo(4);
    assertThat(calibration.error()).isCloseTo(1 - Math.E / (Math.E + 1), within(1e-7));
    MeanLoss loss = new MeanLoss();
    loss.add(batch);
    assertThat(loss.mean()).isNaN();
    assertThat(batch.predicted(0)).isEqualTo(-1);
    assertThat(batch.rank(0)).isEqualTo(3);
    assertThat(batch.confidence(0)).isNaN();
  }

  @Test
  void entropy_is_that_of_the_probabilities() {
    Predictions batch =
        Predictions.of(
            Tensor.of(new float[] {7, 7, 7, 1, 0, -INF, 90, 0, 0, 0, Float.NaN, 0}, 4, 3),
            Tensor.of(new long[] {0, 0, 0, 0}));
    double p = Math.E / (Math.E + 1);
    assertThat(batch.entropy(0)).isCloseTo(Math.log(3), within(1e-12));
    assertThat(batch.entropy(1))
        .isCloseTo(-p * Math.log(p) - (1 - p) * Math.log(1 - p), within(1e-12));
    assertThat(batch.entropy(2)).isCloseTo(0, within(1e-12));
    assertThat(batch.entropy(3)).isNaN();
  }

  @Test
  void a_right_class_that_is_ruled_out_costs_infinitely_much() {
    Predictions batch =
        Predictions.of(Tensor.of(new float[] {0, -INF}, 1, 2), Tensor.of(new long[] {1}));
    assertThat(batch.loss(0)).isInfinite();
    assertThat(batch.rank(0)).isEqualTo(1);
  }

  // ------------------------------------------------------------------ loss

  @Test
  void each_image_weighs_the_same_whatever_its_batch() {
    MeanLoss loss = new MeanLoss();
    loss.add(1.0, 3);
    loss.add(5.0, 1);
    assertThat(loss.mean()).isEqualTo(2);
    assertThat(loss.images()).isEqualTo(4);
  }

  @Test
  void full_confidence_is_in_the_last_bin_and_bins_cover_0_to_1() {
    Calibration calibration = new Calibration(4);
    calibration.add(Tensor.of(new float[] {1000, 0}, 1, 2), Tensor.of(new long[] {0}));
    assertThat(calibration.bins())
        .containsExactly(
            new Calibration.Bin(0, 0.25, 0, 0, 0),
            new Calibration.Bin(0.25, 0.5, 0, 0, 0),
            new Calibration.Bin(0.5, 0.75, 0, 0, 0),
            new Calibration.Bin(0.75, 1, 1, 1, 1));
    assertThat(calibration.error()).isZero();
  }

  // ------------------------------------------------------------------ temperature

  @Seeds(20)
  void a_temperature_of_the_logits_is_found_again(RandomState random) {
    int images = 30 + random.nextInt(100);
    Tensor logits = Tensor.normal(0, 3, random, DType.FLOAT32, images, 5);
    long[] targets = new long[images];
    for (int i = 0; i < images; i++) {
      targets[i] = random.nextInt(5);
    }
    Predictions drawn = Predictions.of(logits, Tensor.of(targets));
    for (int i = 0; i < images; i++) {
      targets[i] = i % 3 == 0 ? targets[i] : drawn.predicted(i);
    }
    targets[0] = (drawn.predicted(0) + 1L) % 5; // one is wrong, so there is a minimum
    TemperatureScaling scaling = new TemperatureScaling();
    scaling.add(logits, Tensor.of(targets));
    TemperatureScaling hotter = new TemperatureScaling();
    hotter.add(logits.mul(2), Tensor.of(targets));
    double temperature = scaling.temperature();
    assertThat(hotter.temperature()).isCloseTo(2 * temperature, within(1e-5 * temperature));
    Predictions plain = Predictions.of(logits, Tensor.of(targets));
    double least = mean(plain.withTemperature(temperature));
    assertThat(least)
        .isLessThanOrEqualTo(mean(plain.withTemperature(temperature * 1.01)) + 1e-9)
        .isLessThanOrEqualTo(mean(plain.withTemperature(temperature / 1.01)) + 1e-9)
        .isLessThanOrEqualTo(mean(plain) + 1e-9);
    for (int i = 0; i < images; i++) {
      assertThat(plain.withTemperature(temperature).predicted(i)).isEqualTo(plain.predicted(i));
    }
  }

  private static double mean(Predictions predictions) {
    MeanLoss loss = new MeanLoss();
    loss.add(predictions);
    return loss.mean();
  }

  @Test
  void without_a_minimum_the_temperature_is_a_bound() {
    TemperatureScaling right = new TemperatureScaling();
    right.add(Tensor.of(new float[] {1, 0, 0, 2}, 2, 2), Tensor.of(new long[] {0, 1}));
    assertThat(right.temperature()).isEqualTo(0.01);
    TemperatureScaling wrong = new TemperatureScaling();
    wrong.add(Tensor.of(new float[] {1, 0, 0, 2}, 2, 2), Tensor.of(new long[] {1, 0}));
    assertThat(wrong.temperature()).isEqualTo(100);
  }

  @Test
  void images_without_a_finite_loss_do_not_move_the_temperature() {
    Tensor logits = Tensor.of(new float[] {2, 0, 0, 1, NAN, 0, 0, -INF, 1, -INF}, 5, 2);
    TemperatureScaling all = new TemperatureScaling();
    all.add(logits, Tensor.of(new long[] {0, 0, 0, 1, 0}));
    TemperatureScaling two = new TemperatureScaling();
    two.add(logits.narrow(0, 0, 2), Tensor.of(new long[] {0, 0}));
    assertThat(all.temperature()).isCloseTo(two.temperature(), within(1e-9));
  }

  // ------------------------------------------------------------------ pairs

  @Test
  void either_class_of_a_pair_is_right() {
    PairError error = new PairError();
    Tensor logits =
        Tensor.of(new float[] {9, 0, 0, 0, 9, 0, 0, 0, 9, NAN, 0, 0}, 4, 3); // 0, 1, 2, none
    error.add(Predictions.of(logits, Tensor.of(new long[] {0, 0, 0, 0})), new int[] {1, 1, 1, 1});
    assertThat(error.error()).isEqualTo(0.5);
    assertThat(error.images()).isEqualTo(4);
  }

  @Test
  void rows_are_those_asked_for() {
    Predictions all =
        Predictions.of(
            Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2), Tensor.of(new long[] {0, 1, 0}));
    Predictions some = all.rows(new int[] {2, 0});
    assertThat(some.size()).isEqualTo(2);
    assertThat(some.logit(0, 1)).isEqualTo(6);
    assertThat(some.logit(1, 0)).isEqualTo(1);
    assertThat(some.target(0)).isZero();
  }

  // ------------------------------------------------------------------ wrong values

  @Test
  void wrong_values_are_named() {
    Tensor logits = Tensor.zeros(DType.FLOAT32, Device.CPU, 2, 3);
    Tensor far = Tensor.of(new long[] {0, 3});
    message(
        () -> Predictions.of(logits, far),
        "target: got 3; must be in [0, 3), the classes of the network");
    Tensor negative = Tensor.of(new long[] {-1, 0});
    message(
        () -> Predictions.of(logits, negative),
        "target: got -1; must be in [0, 3), the classes of the network");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Predictions.of(logits, logits))
        .withMessage(
            "predictions: got logits [2, 3] fp32 on cpu and targets [2, 3] fp32 on cpu;"
                + " must be float [N, K] and int64 [N]");
    Predictions batch = Predictions.of(logits, Tensor.of(new long[] {0, 1}));
    ConfusionMatrix matrix = new ConfusionMatrix(2);
    message(() -> matrix.add(batch), "classes: got 3; must be 2");
    Accuracy accuracy = new Accuracy();
    assertThatIllegalStateException()
        .isThrownBy(() -> accuracy.top(1))
        .withMessage("accuracy: no image was added");
    accuracy.add(batch);
    message(() -> accuracy.top(0), "k: got 0; must be at least 1");
    Predictions other =
        Predictions.of(Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 2), Tensor.of(new long[] {0}));
    message(() -> accuracy.add(other), "classes: got 2; must be 3");
    message(() -> new ConfusionMatrix(0), "classes: got 0; must be at least 1");
    message(() -> new Calibration(0), "bins: got 0; must be at least 1");
    MeanLoss loss = new MeanLoss();
    message(() -> loss.add(1, 0), "size: got 0; must be at least 1");
    assertThatIllegalStateException()
        .isThrownBy(loss::mean)
        .withMessage("mean loss: no image was added");
    assertThatIllegalStateException()
        .isThrownBy(new Calibration()::error)
        .withMessage("calibration: no image with a confidence was added");
    assertThatIllegalStateException()
        .isThrownBy(new TemperatureScaling()::temperature)
        .withMessage("temperature: no image with a finite loss was added");
    assertThatIllegalStateException()
        .isThrownBy(new PairError()::error)
        .withMessage("pair error: no image was added");
    message(() -> new PairError().add(batch, new int[1]), "other classes: got 1; must be 2");
    message(() -> batch.withTemperature(0), "temperature: got 0.0; must be above 0");
    message(
        () -> Separation.of(new double[0], new double[1]),
        "scores of pictures from inside: got 0; must be at least 1");
    message(
        () -> Separation.of(new double[1], new double[0]),
        "scores of pictures from outside: got 0; must be at least 1");
  }

  private static void message(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }

  private static Offset<Double> within(double tolerance) {
    return Offset.offset(tolerance);
  }
}
