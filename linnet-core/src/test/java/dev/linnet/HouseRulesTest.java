package dev.linnet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.linnet.testing.Repository;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The rules of the house that the compiler does not check; the map is CONTRIBUTING.md's table. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class HouseRulesTest {
  private static final String ROOT = "dev.linnet.";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.linnet");

  @Test
  void the_classes_of_the_house_are_found() {
    assertThat(CLASSES.stream().map(HouseRulesTest::room)).contains("base", "tensor");
  }

  @Test
  void every_arrow_is_in_the_table() throws IOException {
    House house = House.read(Files.readString(Repository.path("CONTRIBUTING.md"), UTF_8));
    List<String> wrong =
        CLASSES.stream()
            .flatMap(from -> from.getDirectDependenciesFromSelf().stream())
            .filter(arrow -> arrow.getTargetClass().getPackageName().startsWith(ROOT))
            .filter(
                arrow -> !house.allows(room(arrow.getOriginClass()), room(arrow.getTargetClass())))
            .map(Dependency::getDescription)
            .sorted()
            .toList();
    assertThat(wrong).as("arrows that the table of CONTRIBUTING.md does not allow").isEmpty();
  }

  @Test
  void every_room_has_a_row_and_a_door_sign() throws IOException {
    House house = House.read(Files.readString(Repository.path("CONTRIBUTING.md"), UTF_8));
    assertThat(house.cycles()).as("rooms of the table that reach themselves").isEmpty();
    assertThat(house.mayUse().keySet())
        .as("rooms with a row")
        .containsAll(CLASSES.stream().map(HouseRulesTest::room).distinct().toList());
    List<String> unmarked =
        CLASSES.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(room -> !room.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName)
            .sorted()
            .toList();
    assertThat(unmarked).as("packages without @NullMarked in package-info.java").isEmpty();
  }

  @Test
  void there_is_no_cycle_of_packages() {
    slices().matching(ROOT + "(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void only_tensor_sees_libtorch_and_only_image_sees_opencv() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.linnet.tensor..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.bytedeco.pytorch..", "org.bytedeco.openblas..", "org.bytedeco.dnnl.."));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.linnet.image..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.opencv.."));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("dev.linnet.tensor..", "dev.linnet.image..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.javacpp.."));
  }

  @Test
  void only_the_graph_of_vectors_sees_lucene() {
    check(
        noClasses()
            .that()
            .haveNameNotMatching("dev\\.linnet\\.explain\\.VectorGraph(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.lucene.."));
  }

  @Test
  void the_library_never_prints_and_never_exits() {
    check(noClasses().should().accessField(System.class, "out"));
    check(noClasses().should().accessField(System.class, "err"));
    check(noClasses().should().accessField(System.class, "in"));
    check(noClasses().should().callMethod(Throwable.class, "printStackTrace"));
    check(noClasses().should().callMethod(System.class, "exit", int.class));
    check(noClasses().should().callMethod(Runtime.class, "exit", int.class));
    check(noClasses().should().callMethod(Runtime.class, "halt", int.class));
  }

  @Test
  void randomness_is_a_random_state_that_is_handed_in() {
    check(noClasses().should().callMethod(Math.class, "random"));
    check(noClasses().should().callMethod(Collections.class, "shuffle", List.class));
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Random.class, SplittableRandom.class, ThreadLocalRandom.class));
  }

  @Test
  void nothing_static_changes() {
    List<String> changing =
        CLASSES.stream()
            .flatMap(type -> type.getFields().stream())
            .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
            .filter(field -> !field.getModifiers().contains(JavaModifier.FINAL))
            .map(JavaField::getFullName)
            .sorted()
            .toList();
    assertThat(changing).as("static fields that are not final").isEmpty();
  }

  @Test
  void nothing_is_serialized_by_java() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(ObjectInputStream.class, ObjectOutputStream.class));
    check(
        noClasses()
            .that()
            .areNotAssignableTo(Throwable.class)
            .and()
            .areNotEnums()
            .should()
            .implement(Serializable.class));
  }

  /** The room of a class: the package below dev.linnet, without "internal" and the like. */
  private static String room(JavaClass type) {
    String name = type.getPackageName();
    if (!name.startsWith(ROOT)) {
      return "(root)";
    }
    String below = name.substring(ROOT.length());
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }

  /** Rooms that are still empty break no rule. */
  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(CLASSES);
  }
}
