package dev.linnet.recipe;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.optim.Optimizer;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.LiveObjects;
import dev.linnet.testing.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every optimizer that a recipe may name. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OptimizerSweepTest {
  @TempDir private Path folder;

  static Stream<String> names() {
    return Kinds.OPTIMIZERS.stream().map(Kind::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_step_changes_every_weight_and_leaves_it_finite(String name) {
    with(
        name,
        (model, optimizer) -> {
          Map<String, byte[]> before = bytes(model);
          step(model, optimizer, 0.01);
          model
              .parameters()
              .forEach(
                  (key, p) -> {
                    assertThat(p.value().toBytes()).as(key).isNotEqualTo(before.get(key));
                    assertThat(p.value().isFinite().to(DType.FLOAT32).mean().item()).isEqualTo(1);
                  });
        });
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_learning_rate_of_0_changes_nothing(String name) {
    with(
        name,
        (model, optimizer) -> {
          step(model, optimizer, 0);
          Map<String, byte[]> before = bytes(model);
          step(model, optimizer, 0);
          assertThat(bytes(model)).containsExactlyInAnyOrderEntriesOf(before);
        });
  }

  @ParameterizedTest
  @MethodSource("names")
  void saved_and_loaded_it_goes_on_the_same(String name) {
    with(
        name,
        (model, optimizer) -> {
          step(model, optimizer, 0.01);
          Map<String, Tensor> saved = new LinkedHashMap<>();
          optimizer.state().forEach((key, t) -> saved.put(key, t.copy()));
          Map<String, Tensor> weights = new LinkedHashMap<>();
          model.parameters().forEach((key, p) -> weights.put(key, p.value().detach().copy()));
          step(model, optimizer, 0.01);
          Map<String, byte[]> expected = bytes(model);
          dev.linnet.tensor.Autograd.off(
              () ->
                  model
                      .parameters()
                      .forEach((key, p) -> p.value().set(requireNonNull(weights.get(key)))));
          optimizer.loadState(saved);
          step(model, optimizer, 0.01);
          assertThat(bytes(model)).containsExactlyInAnyOrderEntriesOf(expected);
        });
  }

  @ParameterizedTest
  @MethodSource("names")
  void its_copies_of_the_weights_are_as_many_as_it_says(String name) {
    with(
        name,
        (model, optimizer) -> {
          long state =
              optimizer.state().values().stream()
                  .filter(t -> t.rank() > 0)
                  .mapToLong(Tensor::count)
                  .sum();
          assertThat(state).isLessThanOrEqualTo(recipe(name).copies() * model.parameterCount());
          assertThat(state).isGreaterThan((recipe(name).copies() - 1) * model.parameterCount());
        });
  }

  @ParameterizedTest
  @MethodSource("names")
  void native_memory_is_flat(String name) {
    with(
        name,
        (model, optimizer) -> {
          long live = 0;
          for (int i = 0; i < 200; i++) {
            Scope.run("step", () -> step(model, optimizer, 0.001));
            if (i == 5) {
              live = LiveObjects.settled();
            }
          }
          assertThat(LiveObjects.settled()).isLessThanOrEqualTo(live);
        });
  }

  @ParameterizedTest
  @MethodSource("names")
  void it_has_a_card(String name) throws IOException {
    String card = Files.readString(Repository.path("docs/tricks/" + name + ".md"));
    assertThat(card)
        .startsWith("# ")
        .contains("| Paper | ", "| Default | ", "| Recipe | `optimizer: {name: " + name + ",")
        .contains("| Cost | ", "| Hurts | ", "| Differs | ", "<!-- measured: " + name + " -->");
    Matcher line = Pattern.compile("\\| Recipe \\| `(.*)` \\|").matcher(card);
    assertThat(line.find()).isTrue();
    Path file = folder.resolve("card.yaml");
    Files.writeString(file, line.group(1) + "\nschedule: {lr: 0.001}\n");
    assertThat(RecipeReader.create().read(file.toString()).recipe().optimizer())
        .isInstanceOf(recipe(name).getClass());
  }

  private interface Work {
    void run(Classifier model, Optimizer optimizer);
  }

  private static void with(String name, Work work) {
    Scope.run(
        "sweep",
        () -> {
          try (Classifier model =
                  Zoo.create(
                      "lenet5", Zoo.find("lenet5").options(), Device.CPU, RandomState.of(3));
              Optimizer optimizer =
                  Ingredients.optimizer(
                      Recipes.plain().withOptimizer(recipe(name)), model, 300, Map.of())) {
            model.train();
            work.run(model, optimizer);
          }
        });
  }

  private static OptimizerRecipe recipe(String name) {
    Class<?> type =
        Kinds.OPTIMIZERS.stream()
            .filter(kind -> kind.name().equals(name))
            .findFirst()
            .orElseThrow()
            .type();
    OptimizerRecipe recipe =
        (OptimizerRecipe)
            Records.defaultOf(type).orElseGet(() -> (Record) Recipes.plain().optimizer());
    return recipe.withWeightDecay(OrAuto.of(0.01));
  }

  private static void step(Classifier model, Optimizer optimizer, double lr) {
    optimizer.clearGradients();
    RandomState random = RandomState.of(7).at(optimizer.updates());
    model
        .parameters()
        .forEach(
            (key, p) ->
                p.value()
                    .mul(Tensor.normal(0, 1, random, DType.FLOAT32, p.shape().toArray()))
                    .sum()
                    .backward());
    optimizer.step(lr);
  }

  private static Map<String, byte[]> bytes(Classifier model) {
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    model.parameters().forEach((key, p) -> bytes.put(key, p.value().toBytes()));
    return bytes;
  }
}
