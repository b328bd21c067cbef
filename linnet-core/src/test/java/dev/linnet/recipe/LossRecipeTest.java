package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.loss.BinaryCrossEntropy;
import dev.linnet.loss.Loss;
import dev.linnet.loss.SigmoidFocal;
import dev.linnet.loss.Smoothing;
import dev.linnet.loss.Smoothing.Convention;
import dev.linnet.loss.SoftmaxFocal;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Repository;
import dev.linnet.weights.Hub;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The keys {@code loss} and {@code sampling}. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LossRecipeTest {
  private static final ClassCounts CLASSES =
      new ClassCounts(List.of("a", "b", "c", "d"), List.of(10, 30, 0, 60));

  static Stream<String> losses() {
    List<String> ofSimilarity = SimilarityLossRecipe.names();
    return Kinds.LOSSES.stream().map(Kind::name).filter(name -> !ofSimilarity.contains(name));
  }

  static Stream<String> cards() {
    return Stream.concat(
        Stream.concat(
            Kinds.LOSSES.stream().map(Kind::name),
            Kinds.SAMPLINGS.stream().map(Kind::name).filter(name -> !name.equals("uniform"))),
        Stream.of("label_smoothing", "repeated_augmentation", "class_weights", "warmup_epochs"));
  }

  private static Recipe read(String... sets) {
    return RecipeReader.create().read("plain", Map.of(), List.of(sets)).recipe();
  }

  private static Loss loss(String... sets) {
    return read(sets).loss().over(Smoothing.NONE, CLASSES);
  }

  @ParameterizedTest
  @MethodSource("losses")
  void every_loss_makes_a_gradient_and_smooths(String name) {
    LossRecipe recipe = read("loss=" + name, "tricks={aug_mix: true}").loss();
    Scope.run(
        "loss",
        () -> {
          int rows = 2 * recipe.views();
          Tensor targets = Tensor.of(new long[rows]);
          Loss plain = recipe.over(Smoothing.NONE, CLASSES);
          Loss smoothed = recipe.over(Smoothing.of(0.1), CLASSES);
          for (Loss loss : List.of(plain, smoothed)) {
            Tensor logits = Tensor.zeros(DType.FLOAT32, Device.CPU, rows, 4).requireGrad(true);
            loss.forward(logits, targets).backward();
            Tensor gradient = logits.grad();
            assertThat(gradient == null ? 0 : gradient.norm().item()).isGreaterThan(0.01);
          }
          Tensor sure = targets.oneHot(4).mul(5);
          assertThat(smoothed.forward(sure, targets).item())
              .isGreaterThan(plain.forward(sure, targets).item());
        });
  }

  @ParameterizedTest
  @MethodSource("cards")
  void every_loss_and_sampling_has_a_card(String name) {
    assertThat(Repository.path("docs/tricks/" + name + ".md"))
        .content()
        .contains("<!-- measured: " + name + " -->");
  }

  @Test
  void keys_become_losses() {
    assertThat(loss("loss={name: bce, target_threshold: 0.2}"))
        .isEqualTo(
            new BinaryCrossEntropy(
                Smoothing.NONE, OptionalDouble.of(0.2), BinaryCrossEntropy.Over.MEAN));
    assertThat(loss("loss={name: bce, sum_classes: true}"))
        .isEqualTo(
            new BinaryCrossEntropy(
                Smoothing.NONE, OptionalDouble.empty(), BinaryCrossEntropy.Over.SUM));
    assertThat(loss("loss={name: focal, form: sigmoid, alpha: 0.25}"))
        .isEqualTo(new SigmoidFocal(Smoothing.NONE, 2, OptionalDouble.of(0.25)));
    assertThat(loss("loss={name: focal, class_weights: {b: 3}}"))
        .isEqualTo(new SoftmaxFocal(Smoothing.NONE, 2, List.of(1.0, 3.0, 1.0, 1.0)));
    assertThat(loss("loss.class_weights={d: 0, a: 2}"))
        .isEqualTo(new dev.linnet.loss.CrossEntropy(Smoothing.NONE, List.of(2.0, 1.0, 1.0, 0.0)));
    assertThat(
            read("tricks={label_smoothing: {epsilon: 0.2, convention: paper}}")
                .tricks()
                .find(LabelSmoothing.class)
                .orElseThrow()
                .smoothing())
        .isEqualTo(new Smoothing(0.2, Convention.PAPER));
  }

  @Test
  void automatic_class_weights_are_one_by_the_pictures_with_mean_1() {
    double mean = (1 / 10.0 + 1 / 30.0 + 1 / 60.0) / 3;
    List<Double> weights =
        ((dev.linnet.loss.CrossEntropy) loss("loss.class_weights=auto")).classWeights();
    assertThat(weights).containsExactly(1 / 10.0 / mean, 1 / 30.0 / mean, 1.0, 1 / 60.0 / mean);
    assertThat(weights.get(0) + weights.get(1) + weights.get(3)).isBetween(2.9999999, 3.0000001);
  }

  @Test
  void wrong_values_are_named_with_their_range() {
    assertThat(problems("loss={name: bce, target_threshold: 1}"))
        .containsExactly("loss.target_threshold: got 1 (--set loss); must be in [0, 1), or none");
    assertThat(problems("loss={name: focal, gamma: -1}"))
        .containsExactly("loss.gamma: got -1 (--set loss); must be in [0, 10]");
    assertThat(problems("loss={name: focal, alpha: 0.25}"))
        .containsExactly(
            "loss.alpha: got 0.25 (--set loss); must be none with the softmax form, which has"
                + " class_weights");
    assertThat(problems("loss={name: focal, form: sigmoid, class_weights: auto}"))
        .containsExactly(
            "loss.class_weights: got \"auto\" (--set loss); must be none with the sigmoid form,"
                + " which has alpha");
    assertThat(problems("loss.class_weights={a: -1}"))
        .containsExactly(
            "loss.class_weights.a: got -1 (--set loss.class_weights); must be in [0, 1000000]");
    assertThat(problems("loss.class_weights={a: much}"))
        .containsExactly(
            "loss.class_weights.a: got \"much\" (--set loss.class_weights); must be a number");
    assertThat(problems("loss.class_weights=some"))
        .containsExactly(
            "loss.class_weights: got \"some\" (--set loss.class_weights); must be a mapping such"
                + " as {cat: 2}, each a number, auto or none");
    assertThat(problems("loss={name: poly1, epsilon: 1000}"))
        .containsExactly("loss.epsilon: got 1000 (--set loss); must be in [-1, 100]");
    assertThat(problems("loss={name: jsd, alpha: -1}", "tricks={aug_mix: true}"))
        .containsExactly("loss.alpha: got -1 (--set loss); must be in [0, 1000]");
    assertThat(problems("loss=hinge"))
        .containsExactly(
            "loss: got \"hinge\" (--set loss); must be cross-entropy, bce, focal, poly1, jsd,"
                + " triplet, contrastive, nt-xent, arcface or proxy-anchor");
    assertThat(problems("sampling=rare"))
        .containsExactly(
            "sampling: got \"rare\" (--set sampling); must be uniform, balanced, weighted or"
                + " grouped");
    assertThat(problems("sampling={name: grouped, pictures: 1}"))
        .containsExactly(
            "sampling.pictures: got 1 (--set sampling); must be in [2, 1000000], or auto");
    assertThat(problems("sampling={name: weighted, weights: {a: -2}}"))
        .containsExactly("sampling.weights.a: got -2 (--set sampling); must be in [0, 1000000]");
    assertThat(problems("tricks={repeated_augmentation: 1}"))
        .containsExactly(
            "repeated_augmentation.repeats: got 1 (--set tricks); must be in [2, 100]; to switch"
                + " repeated augmentation off, remove it from \"tricks\"");
    assertThat(problems("tricks={label_smoothing: {convention: keras}}"))
        .containsExactly(
            "label_smoothing.convention: got \"keras\" (--set tricks); must be torch, paper or"
                + " classy");
    assertThat(problems("loss.name=jsd", "tricks={mixup: true, blur: true}"))
        .containsExactly(
            "loss.name: got jsd (--set loss.name); must be another with mixup and cutmix,"
                + " which would mix the views of different pictures");
  }

  @Test
  void three_views_that_would_be_alike_are_refused() {
    assertThat(problems("loss.name=jsd"))
        .containsExactly(
            "loss.name: got jsd (--set loss.name); must be another without a trick such as aug_mix,"
                + " because all views of a picture would be alike");
  }

  private static List<String> problems(String... sets) {
    RecipeException failure = catchThrowableOfType(RecipeException.class, () -> read(sets));
    assertThat(failure).as("nothing was refused").isNotNull();
    return failure.problems();
  }

  @Test
  void weights_of_classes_that_do_not_exist_are_refused_before_pictures_are_read() {
    LoadedRecipe loaded =
        RecipeReader.create()
            .read(
                "quick",
                Map.of("data", "digits", "limit", "5"),
                List.of(
                    "loss.class_weights={zero: 2, \"1\": 2}",
                    "sampling={name: weighted, weights: {\"10\": 2}}"));
    assertThatThrownBy(
            () ->
                Experiment.plan(
                    loaded,
                    new Experiment.Surroundings(
                        Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of()))))
        .isInstanceOf(RecipeException.class)
        .hasMessage(
            "loss.class_weights: got \"zero\" (--set loss.class_weights); no class of the data has"
                + " this name; classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9\n"
                + "sampling.weights: got \"10\" (--set sampling); no class of the data has this"
                + " name; did you mean \"0\" or \"1\"?");
  }
}
