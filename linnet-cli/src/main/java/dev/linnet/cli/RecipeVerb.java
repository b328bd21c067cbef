package dev.linnet.cli;

import dev.linnet.base.AtomicFile;
import dev.linnet.data.Places;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.RecipeWriter;
import dev.linnet.recipe.Recipes;
import dev.linnet.recipe.SchedulePlot;
import dev.linnet.report.Curves;
import dev.linnet.report.RunReport;
import dev.linnet.report.TextPlot;
import dev.linnet.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
    line.addSubcommand("show", new ShowVerb(session));
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
              + "used as it stands; or draws its learning rate over the run.",
      footer = {
        "  linnet recipe show plain",
        "  linnet recipe show my.yaml --set optimizer.momentum=0.95",
        "  linnet recipe show quick > my.yaml",
        "  linnet recipe show my.yaml --plot",
        "  linnet recipe show plain --set schedule.name=one-cycle --plot lr.html",
      })
  private static final class ShowVerb implements Callable<Integer> {
    private static final int PLOT_WIDTH = 78;
    private static final int PLOT_HEIGHT = 10;

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

    @Option(
        names = "--plot",
        paramLabel = "FILE",
        arity = "0..1",
        fallbackValue = "",
        description =
            "draw the learning rate over the run: as a page (.html), a picture (.svg), or without a"
                + " file as text")
    private @Nullable String plot;

    @Option(
        names = "--updates-per-epoch",
        paramLabel = "N",
        description =
            "updates that an epoch is drawn with; default: those of the recipe's data, else 100")
    private @Nullable Long updatesPerEpoch;

    private final Session session;
    private final Output output;

    ShowVerb(Session session) {
      this.session = session;
      this.output = session.output();
    }

    @Override
    public Integer call() {
      if (plot != null) {
        return draw(plot);
      }
      if (updatesPerEpoch != null) {
        throw new AskedWrongly("--updates-per-epoch: is of use with --plot only");
      }
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

    private int draw(String text) {
      if (!text.isEmpty() && !text.endsWith(".html") && !text.endsWith(".svg")) {
        throw new AskedWrongly(
            "--plot: got \"%s\"; must be a file that ends with .html or .svg; the recipe comes first"
                .formatted(text));
      }
      if (updatesPerEpoch != null && (updatesPerEpoch < 1 || updatesPerEpoch > 10_000_000)) {
        throw new AskedWrongly(
            "--updates-per-epoch: got %d; must be in [1, 10000000]".formatted(updatesPerEpoch));
      }
      Path file = text.isEmpty() ? null : NewFile.explicit("--plot", Path.of(text));
      SchedulePlot drawn =
          SchedulePlot.of(
              RecipeReader.create().read(recipe, Map.of(), sets),
              updatesPerEpoch == null ? OptionalLong.empty() : OptionalLong.of(updatesPerEpoch),
              new Experiment.Surroundings(
                  Places.of(session.shell().environment()),
                  new DownloadProgress(output),
                  Device.CPU,
                  ModelArgument.hub(session)));
      drawn.notes().forEach(output::note);
      if (file != null) {
        write(drawn, file);
      }
      if (output.isJson()) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", recipe);
        json.put("epochs", drawn.epochs());
        json.put("updates_per_epoch", drawn.updatesPerEpoch());
        if (file != null) {
          json.put("plot", file.toString());
        }
        output.json(json);
        return Failures.DONE;
      }
      if (file == null) {
        TextPlot.lines(drawn.chart(), PLOT_WIDTH, PLOT_HEIGHT).forEach(output::answer);
      } else {
        output.answer(
            "%s: %d epochs of %d updates".formatted(file, drawn.epochs(), drawn.updatesPerEpoch()));
      }
      return Failures.DONE;
    }

    private void write(SchedulePlot drawn, Path file) {
      if (file.toString().endsWith(".svg")) {
        AtomicFile.write(file, drawn.chart().svg());
        return;
      }
      String about = "%d epochs of %d updates".formatted(drawn.epochs(), drawn.updatesPerEpoch());
      String notes = drawn.notes().isEmpty() ? "" : "; " + String.join("; ", drawn.notes());
      new RunReport(
              "Learning rate of " + recipe,
              about + notes,
              List.of(new Curves(List.of(drawn.chart()))))
          .write(file);
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
