package dev.linnet.cli;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.Check;
import dev.linnet.data.Places;
import dev.linnet.recipe.Experiment;
import dev.linnet.search.Studies;
import dev.linnet.search.Study;
import dev.linnet.search.StudyFolder;
import dev.linnet.search.StudyPlan;
import dev.linnet.search.StudyRun;
import dev.linnet.tensor.Device;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ablate}: what is each trick worth. */
@Command(
    name = "ablate",
    header = "measures what tricks are worth: many trainings, one table",
    description =
        "A study is a YAML file whose rows are keys of a recipe, or one of those that come with"
            + " Linnet. Every row is trained with every seed. The folder then has runs.csv,"
            + " summary.csv, README.md, index.html and command.txt. Options that name keys of the"
            + " recipe hold for all rows; what a row sets wins. Ctrl-C saves; the same command"
            + " goes on.",
    footer = {
      "  linnet ablate list",
      "  linnet ablate show mixing > my.yaml",
      "  linnet ablate --study mixing --dry-run",
      "  linnet ablate --study mixing --processes 2 --out results/mixing",
      "  linnet ablate --study my.yaml --data photos/ --epochs 30 --seeds 0,1,2,3",
    })
final class AblateVerb implements Callable<Integer> {
  @Option(
      names = "--study",
      paramLabel = "STUDY",
      completionCandidates = Names.OfStudies.class,
      description = "name or YAML file; \"linnet ablate list\" names them")
  private @Nullable String study;

  @Option(
      names = "--seeds",
      paramLabel = "N,N,…",
      description = "seeds of every row, in the place of the study's")
  private @Nullable String seeds;

  @Option(
      names = "--processes",
      paramLabel = "N",
      description = "runs that train at once, each with its share of the cores; default 1")
  private int processes = 1;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "set any key of every row's recipe, such as optimizer.momentum=0.95")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "folder of the study, new or one to go on with; default runs/ablate-STUDY")
  private @Nullable Path out;

  @Option(
      names = "--dry-run",
      description = "print rows, runs and about how long they take, and do nothing")
  private boolean dryRun;

  private final Session session;
  private @Nullable RecipeOptions options;

  private AblateVerb(Session session) {
    this.session = session;
  }

  static CommandLine commandLine(Session session) {
    AblateVerb verb = new AblateVerb(session);
    CommandLine line = new CommandLine(verb);
    verb.options = RecipeOptions.addTo(line.getCommandSpec(), session.common());
    line.addSubcommand("list", new ListVerb(session.output()));
    line.addSubcommand("show", new ShowVerb(session.output()));
    line.addSubcommand("run", new RunVerb(session));
    return line;
  }

  @Override
  public Integer call() {
    if (study == null) {
      throw new AskedWrongly(
          "\"linnet ablate\" needs --study, or a verb: list, show; see \"linnet ablate --help\"");
    }
    if (session.common().seed != null) {
      throw new AskedWrongly("--seed: a study has several; give --seeds, such as --seeds 0,1,2");
    }
    Check.that(processes >= 1 && processes <= 1024, "--processes", processes, "in [1, 1024]");
    Study read = Studies.read(study, Optional.ofNullable(seeds));
    StudyPlan.Changes changes =
        new StudyPlan.Changes(requireNonNull(options).given(), sets).sharedBy(processes);
    StudyPlan plan = StudyPlan.of(read, changes);
    StudyFolder folder = new StudyFolder(out == null ? defaultFolder(study) : out);
    Experiment.Surroundings around = around(session);
    StudyRuns runs = new StudyRuns(session, processes);
    return dryRun ? runs.plan(plan, folder, around) : runs.run(plan, folder, around);
  }

  private Path defaultFolder(String nameOrFile) {
    String file = String.valueOf(Path.of(nameOrFile).getFileName());
    String name = file.replaceFirst("\\.ya?ml$", "");
    return session.shell().folder().resolve("runs").resolve("ablate-" + name);
  }

  private static Experiment.Surroundings around(Session session) {
    return new Experiment.Surroundings(
        Places.of(session.shell().environment()),
        new DownloadProgress(session.output()),
        Device.parse(session.common().device),
        ModelArgument.hub(session));
  }

  // ------------------------------------------------------------------ verbs

  @Command(
      name = "list",
      header = "names the studies that come with Linnet",
      description = "Each with its source and the command that runs it.",
      footer = "  linnet ablate list")
  private static final class ListVerb implements Callable<Integer> {
    private final Output output;

    ListVerb(Output output) {
      this.output = output;
    }

    @Override
    public Integer call() {
      List<Studies.Listed> studies = Studies.all();
      if (output.isJson()) {
        output.json(Map.of("studies", studies.stream().map(ListVerb::json).toList()));
        return Failures.DONE;
      }
      for (Studies.Listed study : studies) {
        output.answer(output.style().bold(study.name()) + "  " + study.summary());
        output.answer("    source    " + study.source());
        output.answer("    command   " + study.command());
        output.answer("    time      " + study.time());
      }
      return Failures.DONE;
    }

    private static Map<String, Object> json(Studies.Listed study) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", study.name());
      row.put("summary", study.summary());
      row.put("source", study.source());
      row.put("command", study.command());
      row.put("time", study.time());
      return row;
    }
  }

  @Command(
      name = "show",
      header = "prints a study",
      description = "As a YAML file that can be changed and used.",
      footer = {"  linnet ablate show mixing", "  linnet ablate show mixing > my.yaml"})
  private static final class ShowVerb implements Callable<Integer> {
    @Parameters(
        paramLabel = "STUDY",
        completionCandidates = Names.OfStudies.class,
        description = "name or YAML file")
    private String study = "";

    private final Output output;

    ShowVerb(Output output) {
      this.output = output;
    }

    @Override
    public Integer call() {
      Studies.read(study, Optional.empty());
      String yaml = Studies.text(study).stripTrailing();
      if (output.isJson()) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("name", study);
        shown.put("yaml", yaml);
        output.json(shown);
      } else {
        output.answer(yaml);
      }
      return Failures.DONE;
    }
  }

  /** What {@code --processes} starts. Ctrl-C is the starting process's, which ends the input. */
  @Command(
      name = "run",
      hidden = true,
      header = "trains one run of a study",
      description = "Started by \"linnet ablate --processes\"; stops where its input ends.",
      footer = "  linnet ablate run runs/ablate-mixing/runs/cutmix-seed0")
  private static final class RunVerb implements Callable<Integer> {
    @Parameters(paramLabel = "RUN", description = "folder with the run's recipe")
    private Path run = Path.of("");

    private final Session session;

    RunVerb(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      session.shell().interrupts().leaveCtrlC();
      Output output = session.output();
      StudyRun training =
          new StudyRun(RunFolder.open(run), around(session), session.command(), output::warn);
      training.listen(new StudyProgress(output, "", output::note));
      Thread watch = new Thread(() -> awaitEnd(session.shell().in(), training), "end of input");
      watch.setDaemon(true);
      watch.start();
      AtomicReference<StudyRun.@Nullable End> end = new AtomicReference<>();
      session.shell().interrupts().during(() -> end.set(training.train()), training::requestStop);
      return end.get() == StudyRun.End.INTERRUPTED ? Interrupts.EXIT_CODE : Failures.DONE;
    }

    private static void awaitEnd(InputStream in, StudyRun training) {
      try {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      } catch (IOException e) {
        // as good as an end
      }
      training.requestStop();
    }
  }
}
