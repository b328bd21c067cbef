package dev.linnet.cli;

import static java.util.Objects.requireNonNull;

import dev.linnet.data.Places;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.LoadedRecipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.RecipeWriter;
import dev.linnet.recipe.TrainingRun;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.LostProcessException;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.train.Evaluator;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code train}: trains a classifier. */
@Command(
    name = "train",
    header = "trains a classifier",
    description =
        "With no option it trains LeNet-5 on the built-in digits. With --data alone it chooses"
            + " network, size and epochs by your pictures for about five minutes of training, and"
            + " says so. A recipe's other keys are set by --set; \"linnet recipe show\" names"
            + " them. Ctrl-C saves the state; --resume goes on with the next update.",
    footer = {
      "  linnet train",
      "  linnet train --data photos/",
      "  linnet train --data photos/ --model resnet50 --epochs 30 --out runs/photos",
      "  linnet train --data cifar10 --recipe plain --set optimizer.momentum=0.95",
      "  linnet train --data photos/ --from hf://timm/resnet18.a1_in1k",
      "  linnet train --data photos/ --from resnet50 --weights resnet50.pth",
      "  linnet train --data photos/ --from runs/other --epochs 10",
      "  linnet train --data photos/ --from weights/ --strategy auto",
      "  linnet train --data photos/ --from weights/ --strategy compare --out runs/compare",
      "  linnet train --data photos/ --task similarity",
      "  linnet train --data photos/ --dry-run",
      "  linnet train --data photos/ --find-lr",
      "  linnet train --data photos/ --processes 4",
      "  linnet train --resume runs/photos",
      "  linnet train --resume runs/photos --epochs 60",
    })
final class TrainVerb implements Callable<Integer> {
  private static final String DEFAULT_RECIPE = "quick";

  /** The task, and the recipe for it. */
  private static final String SIMILARITY = "similarity";

  @Option(
      names = "--recipe",
      paramLabel = "RECIPE",
      completionCandidates = Names.OfRecipes.class,
      description =
          "name or YAML file; default quick, with --task similarity similarity; \"linnet recipe"
              + " list\" names them")
  private @Nullable String recipe;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "set any key of the recipe, such as optimizer.momentum=0.95")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "folder of the run, which must be new; default runs/DATE-MODEL-DATA")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "RUN",
      description = "go on with a run at the update where it stopped")
  private @Nullable Path resume;

  @Option(
      names = "--dry-run",
      description = "say what would be done, with time and memory, and do nothing")
  private boolean dryRun;

  @Option(
      names = "--find-lr",
      description =
          "try learning rates for some hundred updates, say which would do, and train nothing; with"
              + " --out the curve is saved there")
  private boolean findLr;

  @Option(
      names = "--strategy",
      paramLabel = "STRATEGY",
      completionCandidates = Names.OfStrategies.class,
      description =
          "with --from: head, top, all or staged, what to train; auto: measure which one fits, say"
              + " why, and do it; compare: all of them, with a table and curves. The recipe is then"
              + " transfer")
  private @Nullable String strategy;

  @Option(
      names = "--processes",
      paramLabel = "N",
      description =
          "train with so many processes on this machine, each with its part of every batch; on"
              + " several machines a launcher starts them and sets RANK, WORLD_SIZE, MASTER_ADDR"
              + " and MASTER_PORT; see docs/scale.md")
  private @Nullable Integer processes;

  private final Session session;
  private @Nullable RecipeOptions options;
  private @Nullable Processes team;
  private @Nullable Aside<Device> engine;

  private TrainVerb(Session session) {
    this.session = session;
  }

  static CommandLine commandLine(Session session) {
    TrainVerb verb = new TrainVerb(session);
    CommandLine line = new CommandLine(verb);
    verb.options = RecipeOptions.addTo(line.getCommandSpec(), session.common());
    return line;
  }

  @Override
  public Integer call() {
    try (Processes started = Processes.of(session, processes)) {
      team = started;
      if (!started.isFirst()) {
        session.common().quiet = true;
      }
      return answer();
    } finally {
      if (engine != null) {
        engine.await(); // a process that ends while its libraries are loaded may crash
      }
    }
  }

  private int answer() {
    if (several() && (findLr || strategy != null)) {
      throw new AskedWrongly(
          "%s: needs one process; leave out --processes, and unset WORLD_SIZE and RANK"
              .formatted(findLr ? "--find-lr" : "--strategy"));
    }
    if (out != null && resume != null) {
      throw new AskedWrongly(
          "--out and --resume: a run goes on in its own folder; give one of the two");
    }
    if (recipe != null && resume != null) {
      throw new AskedWrongly(
          "--recipe and --resume: a run goes on with its own recipe; give one of the two");
    }
    if (findLr && (resume != null || dryRun)) {
      throw new AskedWrongly(
          "--find-lr and %s: give one of the two"
              .formatted(resume != null ? "--resume" : "--dry-run"));
    }
    Optional<Transfer> transfer = Transfer.of(session, strategy, given(), resume);
    if (transfer.filter(Transfer::compares).isPresent()) {
      if (findLr) {
        throw new AskedWrongly("--find-lr and --strategy compare: give one of the two");
      }
      String base = recipe == null ? Transfer.RECIPE : recipe;
      return transfer
          .get()
          .compare(base, given(), sets, Optional.ofNullable(out), dryRun, around());
    }
    if (out != null && !dryRun && isFirst()) {
      RunFolder.checkNew(out);
    }
    Experiment.Surroundings around = around();
    if (resume != null) {
      return goOn(resume, around);
    }
    Transfer.Planned planned =
        transfer.isPresent()
            ? transfer.get().plan(recipe == null ? Transfer.RECIPE : recipe, given(), sets, around)
            : planned(Experiment.plan(read(recipe == null ? usualRecipe() : recipe), around));
    if (dryRun) {
      return answerPlan(planned);
    }
    Experiment experiment = planned.experiment();
    if (findLr) {
      tell(experiment);
      return new FindLr(session, experiment).answer(out);
    }
    tell(experiment);
    return train(experiment, () -> made(experiment), TrainingRun.Start.NEW);
  }

  /** The folder of a new run, which the first process makes. */
  private RunFolder made(Experiment experiment) {
    Path place = out;
    if (!isFirst()) {
      return new RunFolder(place == null ? session.shell().folder() : place);
    }
    return place == null
        ? RunFolder.createNext(session.shell().folder().resolve("runs"), defaultName(experiment))
        : RunFolder.create(place);
  }

  private boolean several() {
    return team != null && team.areSeveral();
  }

  private boolean isFirst() {
    return team == null || team.isFirst();
  }

  /** The native libraries are loaded while the recipe and the data are read. */
  private Experiment.Surroundings around() {
    String asked = session.common().device;
    String name = team == null ? asked : team.device(asked);
    Aside<Device> device =
        Aside.begin(
            "engine",
            () -> {
              Engine.load();
              return Device.parse(name);
            });
    engine = device;
    if (asked.startsWith("cuda")) {
      device.get(); // which may be refused, and is then before all else
    }
    return new Experiment.Surroundings(
        Places.of(session.shell().environment()),
        new DownloadProgress(session.output()),
        device::get,
        ModelArgument.hub(session));
  }

  /** Goes on; a run that was ended before anything was saved starts over. */
  private int goOn(Path run, Experiment.Surroundings around) {
    RunFolder folder = new RunFolder(run);
    if (!Files.exists(folder.recipe()) && options != null && !options.given().isEmpty()) {
      session.output().note(run + ": nothing is saved there yet; starting over");
      Experiment experiment = Experiment.plan(read(usualRecipe()), around);
      if (dryRun) {
        return answerPlan(planned(experiment));
      }
      tell(experiment);
      return train(
          experiment,
          () -> isFirst() ? RunFolder.create(run) : new RunFolder(run),
          TrainingRun.Start.NEW);
    }
    RunFolder found = RunFolder.open(run);
    Experiment experiment = Experiment.planAgain(readAgain(found), around, found);
    if (!found.hasCheckpoint()) {
      session.output().note(run + ": nothing is saved there yet; starting over");
    }
    if (dryRun) {
      return answerPlan(planned(experiment));
    }
    tell(experiment);
    return train(experiment, () -> found, TrainingRun.Start.RESUME);
  }

  private static Transfer.Planned planned(Experiment experiment) {
    return new Transfer.Planned(experiment, Optional.empty());
  }

  /** What a new run is asked for; several processes on a machine share its cores. */
  private LoadedRecipe read(String nameOrFile) {
    Map<String, String> given = given();
    RecipeReader reader = RecipeReader.create();
    LoadedRecipe asked = reader.read(nameOrFile, given, sets);
    if (!several()) {
      return asked;
    }
    if (asked.recipe().threads().isAuto()) {
      given.put("threads", cores());
    }
    if (asked.recipe().workers().isAuto()) {
      given.put("workers", cores());
    }
    return reader.read(nameOrFile, given, sets);
  }

  /**
   * What a run goes on with. Threads and workers are chosen anew where processes share or shared
   * the cores; one process after one keeps them, because other counts give other bits.
   */
  private LoadedRecipe readAgain(RunFolder run) {
    Map<String, String> given = given();
    if (several() || run.processes() > 1) {
      given.putIfAbsent("threads", cores());
      given.putIfAbsent("workers", cores());
    }
    return RecipeReader.create().read(run.recipe().toString(), given, sets);
  }

  /** Those of one process. */
  private String cores() {
    return String.valueOf(requireNonNull(team).cores());
  }

  /** That of the task. */
  private String usualRecipe() {
    return SIMILARITY.equals(given().get("task")) ? SIMILARITY : DEFAULT_RECIPE;
  }

  private Map<String, String> given() {
    return options == null ? new LinkedHashMap<>() : options.given();
  }

  private static String defaultName(Experiment experiment) {
    Path data = Path.of(experiment.data().name()).toAbsolutePath().normalize().getFileName();
    return "%s-%s-%s"
        .formatted(
            LocalDate.now(ZoneId.systemDefault()), experiment.recipe().model().value(), data);
  }

  // ------------------------------------------------------------------ what it says

  /** What the run resolved to. */
  private void tell(Experiment experiment) {
    Output output = session.output();
    RunFacts facts = RunFacts.of(experiment);
    facts.lines().forEach(output::note);
    experiment.chosen().reasons().forEach(reason -> output.note("chosen: " + reason));
    RecipeWriter.write(experiment.chosen().loaded()).lines().forEach(output::detail);
    if (isFirst()) { // they are the same in all
      experiment.warnings().forEach(output::warn);
    }
  }

  /** As a recipe that can be used as it stands. */
  private int answerPlan(Transfer.Planned planned) {
    if (!isFirst()) {
      return Failures.DONE;
    }
    Experiment experiment = planned.experiment();
    Output output = session.output();
    RunFacts facts = RunFacts.of(experiment);
    experiment.warnings().forEach(output::warn);
    if (output.isJson()) {
      Map<String, Object> json = facts.json();
      planned.advice().ifPresent(advice -> json.put("advice", Transfer.json(advice)));
      output.json(json);
    } else {
      facts.lines().forEach(line -> output.answer("# " + line));
      experiment.chosen().reasons().forEach(reason -> output.answer("# chosen: " + reason));
      output.answer(RecipeWriter.write(experiment.chosen().loaded()).stripTrailing());
    }
    return Failures.DONE;
  }

  private int train(Experiment experiment, Supplier<RunFolder> place, TrainingRun.Start start) {
    Processes all = requireNonNull(team);
    try {
      ProcessGroup group = all.join(experiment);
      RunFolder folder = place.get();
      all.runsIn(folder);
      Output output = session.output();
      output.note("run: " + folder.path());
      AtomicReference<TrainingRun.@Nullable Outcome> outcome = new AtomicReference<>();
      try (TrainingRun run =
          new TrainingRun(experiment, folder, session.command(), output::warn, group)) {
        run.notes().forEach(output::note);
        if (isFirst()) { // a step takes as long in all
          run.listen(new TrainProgress(output, experiment.recipe().epochs().value()));
        }
        session.shell().interrupts().during(() -> outcome.set(run.train(start)), run::requestStop);
      }
      output.eraseProgress();
      all.leave();
      return answer(requireNonNull(outcome.get()));
    } catch (LostProcessException lost) {
      throw all.explained(lost);
    } catch (RuntimeException | Error problem) {
      all.fail(Failures.message(problem));
      throw problem;
    }
  }

  private int answer(TrainingRun.Outcome outcome) {
    Output output = session.output();
    Path run = outcome.folder().path();
    if (!isFirst()) {
      return outcome.result().end() == TrainingResult.End.INTERRUPTED
          ? Interrupts.EXIT_CODE
          : Failures.DONE;
    }
    if (outcome.result().end() == TrainingResult.End.INTERRUPTED) {
      output.error(
          "interrupted after update %d; the state is saved; go on with: linnet train --resume %s"
              .formatted(outcome.result().updates(), run));
      return Interrupts.EXIT_CODE;
    }
    if (output.isJson()) {
      output.jsonText("run", run.toString(), outcome.summary().toJson());
      return Failures.DONE;
    }
    outcome
        .test()
        .map(Evaluator.Report::metrics)
        .ifPresent(metrics -> output.answer(Figures.line(metrics)));
    output.answer("run: " + run);
    return Failures.DONE;
  }
}
