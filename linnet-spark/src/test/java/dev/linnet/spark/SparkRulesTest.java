package dev.linnet.spark;

import static com.tngtech.archunit.lang.conditions.ArchConditions.beFinal;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The rules of the house that hold for this module; see HouseRulesTest of the library. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SparkRulesTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.linnet.spark");

  @Test
  void nothing_static_changes() {
    fields().that().areStatic().should(beFinal()).check(CLASSES);
  }

  @Test
  void what_an_executor_keeps_is_in_one_place() {
    fields()
        .that()
        .areStatic()
        .and()
        .haveRawType(ExecutorModels.class)
        .should()
        .beDeclaredIn(ExecutorModels.class)
        .check(CLASSES);
  }

  @Test
  void only_the_transformers_are_public() {
    classes()
        .that()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .should()
        .beAssignableTo(PictureTransformer.class)
        .check(CLASSES);
  }

  @Test
  void native_code_is_reached_through_the_library_only() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..").check(CLASSES);
  }
}
