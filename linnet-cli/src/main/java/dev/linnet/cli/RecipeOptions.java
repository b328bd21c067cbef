package dev.linnet.cli;

import dev.linnet.base.internal.About;
import dev.linnet.recipe.Recipe;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The top-level keys of a recipe as options: {@code --warmup-epochs} for {@code warmup_epochs}. The
 * list is the recipe's own, and its reader checks the values.
 */
final class RecipeOptions {
  /** Keys that every verb has as an option already. */
  private static final Set<String> COMMON = Set.of("seed", "dtype", "threads");

  private final Map<String, OptionSpec> options = new LinkedHashMap<>();
  private final Common common;

  private RecipeOptions(Common common) {
    this.common = common;
  }

  /** Adds the options to a command. */
  static RecipeOptions addTo(CommandSpec command, Common common) {
    RecipeOptions added = new RecipeOptions(common);
    for (RecordComponent component : Recipe.class.getRecordComponents()) {
      String key = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      if (!COMMON.contains(key)) {
        OptionSpec option = option(key, component);
        command.addOption(option);
        added.options.put(key, option);
      }
    }
    return added;
  }

  private static OptionSpec option(String key, RecordComponent component) {
    About about = component.getAnnotation(About.class);
    String type = component.getGenericType().getTypeName();
    boolean isNumber = type.contains("Integer") || type.equals("int") || type.equals("long");
    OptionSpec.Builder option = OptionSpec.builder("--" + key.replace('_', '-'));
    if (key.equals("model")) {
      option.completionCandidates(new Names.OfModels());
    }
    return option
        .type(String.class)
        .paramLabel(isNumber ? "N" : key.toUpperCase(Locale.ROOT))
        .description(about == null ? "" : about.value().replace("%", "%%"))
        .build();
  }

  /** What was given, by key; {@code --seed} and the like among them. */
  Map<String, String> given() {
    Map<String, String> given = new LinkedHashMap<>();
    options.forEach(
        (key, option) -> {
          String value = option.getValue();
          if (value != null) {
            given.put(key, value);
          }
        });
    if (common.seed != null) {
      given.put("seed", String.valueOf(common.seed));
    }
    if (common.dtype != null) {
      given.put("dtype", common.dtype);
    }
    if (common.threads != null) {
      given.put("threads", String.valueOf(common.threads));
    }
    return given;
  }
}
