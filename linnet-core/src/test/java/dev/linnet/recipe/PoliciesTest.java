package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.OrAuto;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Repository;
import dev.linnet.tricks.AutoAugment;
import dev.linnet.tricks.Convention;
import dev.linnet.tricks.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Policies of augmentation: those in the jar, files, and what is wrong with them. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PoliciesTest {
  private static final JsonNode TABLES = Golden.json("images/policies.json");

  @TempDir private Path folder;

  @Test
  void the_list_of_policies_is_that_of_the_folder() throws IOException {
    Path resources = Repository.path("linnet-core/src/main/resources/dev/linnet/recipe/policies");
    try (Stream<Path> files = Files.list(resources)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Policies.NAMES.stream().map(name -> name + ".yaml").toList());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar10", "imagenet", "svhn"})
  void published_policies_equal_torchvision(String name) {
    compare(
        Policies.named(name), Convention.TORCHVISION, TABLES.get("autoaugment_policies").get(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"v0", "v0r", "original", "originalr"})
  void policies_of_timm_equal_timm(String name) {
    compare(Policies.named("timm-" + name), Convention.TIMM, TABLES.get("timm_policies").get(name));
  }

  /** Magnitudes of operators that have none are not compared: timm writes some all the same. */
  private static void compare(Policy policy, Convention convention, JsonNode recorded) {
    assertThat(policy.convention()).isEqualTo(convention);
    assertThat(policy.subPolicies()).hasSize(recorded.size());
    for (int i = 0; i < recorded.size(); i++) {
      List<Policy.Step> expected = new ArrayList<>();
      for (JsonNode step : recorded.get(i)) {
        String name = step.get(0).asText();
        boolean none = List.of("AutoContrast", "Equalize", "Invert").contains(name);
        expected.add(
            new Policy.Step(name, step.get(1).asDouble(), none ? 0 : step.get(2).asDouble()));
      }
      assertThat(policy.subPolicies().get(i).steps()).as("line %d", i).isEqualTo(expected);
    }
  }

  @Test
  void a_policy_may_be_a_file_or_stand_in_the_recipe() throws IOException {
    Path file = folder.resolve("mine.yaml");
    Files.writeString(
        file,
        """
        # mine
        convention: timm
        sub_policies:
        - Rotate(0.6, 9.5) → AutoContrast(0.2)
        - "PosterizeIncreasing(1, 3)->Invert( .5 )"
        """);
    Policy expected =
        new Policy(
            "",
            Convention.TIMM,
            List.of(
                new Policy.SubPolicy(
                    List.of(
                        new Policy.Step("Rotate", 0.6, 9.5),
                        new Policy.Step("AutoContrast", 0.2, 0))),
                new Policy.SubPolicy(
                    List.of(
                        new Policy.Step("PosterizeIncreasing", 1, 3),
                        new Policy.Step("Invert", 0.5, 0)))));

    assertThat(policy("tricks: {auto_augment: {policy: " + file + "}}")).isEqualTo(expected);
    assertThat(
            policy(
                """
                tricks:
                  auto_augment:
                    policy:
                      convention: timm
                      sub_policies:
                      - Rotate(0.6, 9.5) → AutoContrast(0.2)
                      - PosterizeIncreasing(1, 3) → Invert(0.5)
                """))
        .isEqualTo(expected);
  }

  @Test
  void a_saved_recipe_holds_the_policy_of_a_file_itself() throws IOException {
    Path file = folder.resolve("mine.yaml");
    Files.writeString(file, "sub_policies: ['Solarize(0.5, 3) → Equalize(1)']");
    LoadedRecipe loaded = read("tricks: {auto_augment: " + file + "}");
    Path saved = folder.resolve("saved.yaml");
    Files.writeString(saved, RecipeWriter.write(loaded));
    Files.delete(file);

    LoadedRecipe again = RecipeReader.create().read(saved.toString(), Map.of(), List.of());

    assertThat(again.recipe()).isEqualTo(loaded.recipe());
    assertThat(Files.readString(saved)).contains("Solarize(0.5, 3) → Equalize(1)");
  }

  @Test
  void a_published_policy_is_saved_by_its_name() throws IOException {
    assertThat(RecipeWriter.write(read("tricks: {auto_augment: svhn}"))).contains("svhn");
    assertThat(policy("tricks: {auto_augment: svhn}")).isEqualTo(Policies.named("svhn"));
  }

  @Test
  void auto_is_the_policy_of_cifar_for_small_inputs_and_of_imagenet_for_others()
      throws IOException {
    for (int size : List.of(32, 64, 65, 224)) {
      Recipe recipe = read("tricks: {auto_augment: true}\nsize: " + size).recipe();

      assertThat(Ingredients.pictureTricks(recipe))
          .containsExactly(
              AutoAugment.DEFAULT.withPolicy(Policies.named(size <= 64 ? "cifar10" : "imagenet")));
    }
    assertThat(AutoAugment.DEFAULT.policy()).isEqualTo(OrAuto.auto());
  }

  @Test
  void what_is_wrong_with_a_policy_is_named_with_its_line() throws IOException {
    assertProblems(
        "tricks: {auto_augment: cifar}",
        "auto_augment.policy: got \"cifar\" (my.yaml:1); no file and no policy has this name; did"
            + " you mean \"cifar10\"?");
    assertProblems(
        "tricks: {auto_augment: {policy: [1]}}",
        "auto_augment.policy: got a list (my.yaml:1); must be cifar10, imagenet, svhn,"
            + " timm-original, timm-originalr, timm-v0, timm-v0r, a YAML file, a mapping with the"
            + " keys convention, sub_policies or auto");
    assertProblems(
        "tricks: {auto_augment: {policy: {sub_policies: []}}}",
        "auto_augment.policy.sub_policies: got a list (my.yaml:1); must be a list such as"
            + " [\"Rotate(0.6, 9) → Invert(0.2)\"]");
    assertProblems(
        "tricks: {auto_augment: {policy: {lines: 3, sub_policies: ['Invert(1)']}}}",
        "auto_augment.policy.lines: unknown key (my.yaml:1); known: convention, sub_policies");
    assertProblems(
        """
        tricks:
          auto_augment:
            policy:
              convention: torch
              sub_policies: ['Invert(1)']
        """,
        "auto_augment.policy.convention: got \"torch\" (my.yaml:4); must be torchvision or timm");
    assertProblems(
        """
        tricks:
          auto_augment:
            policy:
              sub_policies:
              - Rotate
              - Rotate(0.6, 9) → Twist(1, 2)
              - Rotate(1.5, 9)
              - Rotate(0.5, 10)
              - Rotate(0.5, 1.5)
              - Rotate(0.5, 1.5.2)
              - [1, 2]
              - Rotate(0.6, 9) → Invert(0.2)
        """,
        "auto_augment.policy: got \"Rotate\" (my.yaml:5); must be operators such as Rotate(0.6, 9)"
            + " → Invert(0.2)",
        "auto_augment.policy: got Twist (my.yaml:6); must be an operator of torchvision: ShearX,"
            + " ShearY, TranslateX, TranslateY, Rotate, Brightness, Color, Contrast, Sharpness,"
            + " Posterize, Solarize, AutoContrast, Equalize, Invert",
        "auto_augment.policy: got Rotate with the chance 1.5 (my.yaml:7); must be a chance in [0,"
            + " 1]",
        "auto_augment.policy: got Rotate(0.5, 10) (my.yaml:8); must be a whole magnitude in [0, 9]",
        "auto_augment.policy: got Rotate(0.5, 1.5) (my.yaml:9); must be a whole magnitude in [0,"
            + " 9]",
        "auto_augment.policy: got \"Rotate(0.5, 1.5.2)\" (my.yaml:10); must be operators such as"
            + " Rotate(0.6, 9) → Invert(0.2)",
        "auto_augment.policy: got a list (my.yaml:11); must be operators such as Rotate(0.6, 9) →"
            + " Invert(0.2)");
  }

  @Test
  void what_is_wrong_with_a_file_names_the_file() throws IOException {
    Path file = folder.resolve("mine.yaml");
    Files.writeString(file, "sub_policies:\n- Twirl(1, 2)\n- Rotate(0.5, 12)\n");

    assertThat(problems("tricks: {auto_augment: " + file + "}"))
        .containsExactly(
            "auto_augment.policy: got Twirl ("
                + file
                + ":2); must be an operator of torchvision: ShearX, ShearY, TranslateX,"
                + " TranslateY, Rotate, Brightness, Color, Contrast, Sharpness, Posterize,"
                + " Solarize, AutoContrast, Equalize, Invert",
            "auto_augment.policy: got Rotate(0.5, 12) ("
                + file
                + ":3); must be a whole magnitude in [0, 9]");
  }

  @Test
  void contradictions_of_rand_augment_are_refused_by_the_reader() throws IOException {
    assertProblems(
        "tricks: {rand_augment: {magnitude_std: 0.5}}",
        "rand_augment.magnitude_std: got 0.5 (my.yaml:1); must be 0 in torchvision's convention, or"
            + " convention timm; to switch RandAugment off, remove it from \"tricks\"");
    assertProblems(
        "tricks: {rand_augment: {convention: timm, magnitude: 15}}",
        "rand_augment.magnitude: got 15 (my.yaml:1); must be in [0, 10], as timm has it; to switch"
            + " RandAugment off, remove it from \"tricks\"");
    assertProblems(
        "tricks: {rand_augment: {interpolation: lanczos}}",
        "rand_augment.interpolation: got \"lanczos\" (my.yaml:1); must be auto, nearest, bilinear,"
            + " bicubic or random");
    assertProblems(
        "tricks: {rotation: {fill: [300]}}",
        "rotation.fill: got [300] (my.yaml:1); must be one or three levels in [0, 255], such as"
            + " [124, 116, 104]; to switch rotation off, remove it from \"tricks\"");
  }

  private Policy policy(String yaml) throws IOException {
    return read(yaml).recipe().tricks().find(AutoAugment.class).orElseThrow().policy().value();
  }

  private LoadedRecipe read(String yaml) throws IOException {
    Path file = folder.resolve("my.yaml");
    Files.writeString(file, yaml);
    return RecipeReader.create().read(file.toString(), Map.of(), List.of());
  }

  private List<String> problems(String yaml) {
    RecipeException failure = catchThrowableOfType(RecipeException.class, () -> read(yaml));
    return failure.problems().stream()
        .map(line -> line.replace(folder.resolve("my.yaml").toString(), "my.yaml"))
        .toList();
  }

  private void assertProblems(String yaml, String... lines) throws IOException {
    assertThat(problems(yaml)).containsExactly(lines);
  }
}
