package dev.linnet.cli;

import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.RecipeWriter;
import dev.linnet.recipe.Recipes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code recipe}: what a run will do, before it does it. */
@Command(
    name = "recipe",
    header = "shows and compares recipes: what a run will do",
    description =
        "A recipe is a YAML file, or one of those that come with Linnet. \"linnet train "
            + "--recipe\" takes either.",
    footer = {
      "  linnet recipe list",
      "  linnet recipe show quick",
      "  linnet recipe diff plain my.yaml",
    })
final class RecipeVerb implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  private RecipeVerb() {}

  static CommandLine commandLine(Session session) {
    CommandLine line = new CommandLine(new RecipeVerb());
    line.addSubcommand("list", new ListVerb(session.output()));
    line.addSubcommand("show", new ShowVerb(session.output()));
    line.addSubcommand("diff", new DiffVerb(session.output()));
    return line;
  }

  @Override
  public Integer call() {
    throw Failures.needsVerb(spec.commandLine());
  }

  @Command(
      name = "list",
      header = "names the recipes that come with Linnet",
      description = "Each with its source and the figure that it gave.",
      footer = "  linnet recipe list")
  private static final class ListVerb implements Callable<Integer> {
    private final Output output;

    ListVerb(Output output) {
      this.output = output;
    }

    @Override
    public Integer call() {
      List<Recipes.Preset> presets = Recipes.presets();
      if (output.isJson()) {
        output.json(Map.of("recipes", presets.stream().map(ListVerb::json).toList()));
        return Failures.DONE;
      }
      for (Recipes.Preset preset : presets) {
        output.answer(output.style().bold(preset.name()) + "  " + preset.summary());
        output.answer("    source    " + preset.source());
        output.answer("    command   " + preset.command());
        output.answer("    expected  " + preset.expected() + "; time: " + preset.time());
      }
      return Failures.DONE;
    }

    private static Map<String, Object> json(Recipes.Preset preset) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", preset.name());
      row.put("summary", preset.summary());
      row.put("source", preset.source());
      row.put("command", preset.command());
      row.put("expected", preset.expected());
      row.put("time", preset.time());
      return row;
    }
  }

  @Command(
      name = "show",
      header = "prints a whole recipe, each value with its origin",
      description =
          "Prints the sum of a recipe and of what it builds on, as a YAML file that can be "
              + "used as it stands.",
      footer = {
        "  linnet recipe show plain",
        "  linnet recipe show my.yaml --set optimizer.momentum=0.95",
        "  linnet recipe show quick > my.yaml",
      })
  private static final class ShowVerb implements Callable<Integer> {
    @Parameters(
        paramLabel = "RECIPE",
        completionCandidates = Names.OfRecipes.class,
        description = "name or YAML file")
    private String recipe = "";

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "change a key, such as optimizer.momentum=0.95")
    private List<String> sets = new ArrayList<>();

    private final Output output;

    ShowVerb(Output output) {
      this.output = output;
    }

    @Override
    public Integer call() {
      String yaml =
          RecipeWriter.write(RecipeReader.create().read(recipe, Map.of(), sets)).stripTrailing();
      if (output.isJson()) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("name", recipe);
        shown.put("yaml", yaml);
        output.json(shown);
      } else {
        output.answer(yaml);
      }
      return Failures.DONE;
    }
  }

  @Command(
      name = "diff",
      header = "names the keys in which two recipes differ",
      description = "Compares what the two recipes come to, not how they are written.",
      footer = {
        "  linnet recipe diff plain quick",
        "  linnet recipe diff runs/a/recipe.yaml runs/b/recipe.yaml",
      })
  private static final class DiffVerb implements Callable<Integer> {
    @Parameters(
        index = "0",
        paramLabel = "RECIPE",
        completionCandidates = Names.OfRecipes.class,
        description = "name or YAML file")
    private String left = "";

    @Parameters(
        index = "1",
        paramLabel = "OTHER",
        completionCandidates = Names.OfRecipes.class,
        description = "name or YAML file")
    private String right = "";

    private final Output output;

    DiffVerb(Output output) {
      this.output = output;
    }

    @Override
    public Integer call() {
      RecipeReader reader = RecipeReader.create();
      List<Recipes.Difference> differences =
          Recipes.diff(reader.read(left).recipe(), reader.read(right).recipe());
      if (output.isJson()) {
        output.json(Map.of("differences", differences.stream().map(DiffVerb::json).toList()));
        return Failures.DONE;
      }
      if (differences.isEmpty()) {
        output.note("no differences");
        return Failures.DONE;
      }
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("key", left, right));
      for (Recipes.Difference difference : differences) {
        rows.add(List.of(difference.key(), shown(difference.left()), shown(difference.right())));
      }
      output.table(rows);
      return Failures.DONE;
    }

    private static String shown(String value) {
      return value.isEmpty() ? "–" : value;
    }

    private static Map<String, Object> json(Recipes.Difference difference) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("key", difference.key());
      row.put("left", difference.left());
      row.put("right", difference.right());
      return row;
    }
  }
}
