package dev.linnet.cli;

import static com.tngtech.archunit.lang.conditions.ArchConditions.beFinal;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The rules of the house that hold for the command line too; see HouseRulesTest of the library. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CliRulesTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.linnet.cli");

  @Test
  void nothing_static_changes() {
    fields().that().areStatic().should(beFinal()).check(CLASSES);
  }

  @Test
  void nothing_is_drawn_and_nothing_is_serialized() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(
            Random.class,
            ThreadLocalRandom.class,
            ObjectInputStream.class,
            ObjectOutputStream.class)
        .check(CLASSES);
    noClasses().should().callMethod(Math.class, "random").check(CLASSES);
  }

  @Test
  void native_code_is_reached_through_the_library_only() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..").check(CLASSES);
  }
}
