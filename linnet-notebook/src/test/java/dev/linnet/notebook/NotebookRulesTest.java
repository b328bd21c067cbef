package dev.linnet.notebook;

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
final class NotebookRulesTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.linnet.notebook");

  @Test
  void nothing_static_changes() {
    fields().that().areStatic().should(beFinal()).check(CLASSES);
  }

  @Test
  void only_the_extension_is_public_and_it_alone_sees_the_kernel() {
    classes().that().arePublic().should().haveSimpleName("NotebookExtension").check(CLASSES);
    noClasses()
        .that()
        .doNotHaveSimpleName("NotebookExtension")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.dflib..")
        .check(CLASSES);
  }

  @Test
  void native_code_is_reached_through_the_library_only() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..").check(CLASSES);
  }
}
