package dev.linnet.cli;

import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code linnet}: holds the verbs; alone it prints its help. */
@Command(
    name = "linnet",
    header = "Linnet: image classification for the JVM.",
    description = {
      "Trains a classifier on your own pictures, measures it, and predicts.",
      "\"linnet VERB --help\" says more about a verb.",
    },
    footer = {
      "  linnet train                          learn digits, to see that all works",
      "  linnet train --data photos/           learn from folders, one a class",
      "  linnet eval runs/RUN --data photos/   measure a run",
      "  linnet predict runs/RUN new.jpg       name what a picture shows",
      "",
      "Exit codes: 0 done, 1 failed, 2 asked wrongly, 130 interrupted.",
      "",
      "Environment: LINNET_DATA (folder of data sets), LINNET_CACHE (downloads),",
      "HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH and HF_HUB_OFFLINE (hf://",
      "names, as the hub's own tools take them), https_proxy, http_proxy, no_proxy,",
      "NO_COLOR, and for the launcher JAVA_HOME and LINNET_JAVA_OPTS.",
    })
final class Linnet implements Callable<Integer> {
  /** In the order of the help. */
  private static final List<String> VERBS =
      List.of(
          "train",
          "eval",
          "predict",
          "embed",
          "nearest",
          "explain",
          "models",
          "ablate",
          "recipe",
          "data",
          "bench",
          "doctor",
          "completion",
          "help");

  /** Those that speak of all the others. */
  private static final Set<String> OF_ALL_VERBS = Set.of("completion", "help");

  @Spec private CommandSpec spec = CommandSpec.create();

  private Linnet() {}

  /** The whole command line, whose answers go where the session says. */
  static CommandLine commandLine(Session session) {
    CommandLine line = new CommandLine(new Linnet());
    line.getCommandSpec().addMixin("common", CommandSpec.forAnnotatedObject(session.common()));
    addVerbs(line, session);
    Failures failures = new Failures(session.output());
    line.setExpandAtFiles(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setOut(session.output().answerWriter());
    line.setParameterExceptionHandler((wrong, arguments) -> failures.report(wrong));
    line.setExecutionExceptionHandler((problem, command, parsed) -> failures.report(problem));
    line.setExecutionStrategy(parsed -> execute(parsed, session));
    setVersion(line);
    Help.dress(line, session.shell().outTerminal());
    return line;
  }

  /** All verbs; where one is asked for by name, it alone. */
  private static void addVerbs(CommandLine line, Session session) {
    String first = session.command().size() < 2 ? "" : session.command().get(1);
    // To read the options of those that are not asked for takes longer than to do without.
    boolean one = VERBS.contains(first) && !OF_ALL_VERBS.contains(first);
    for (String name : one ? List.of(first) : VERBS) {
      line.addSubcommand(name, verb(name, session));
    }
  }

  private static Object verb(String name, Session session) {
    return switch (name) {
      case "train" -> TrainVerb.commandLine(session);
      case "eval" -> new EvalVerb(session);
      case "predict" -> new PredictVerb(session);
      case "embed" -> new EmbedVerb(session);
      case "nearest" -> new NearestVerb(session);
      case "explain" -> new ExplainVerb(session);
      case "models" -> new ModelsVerb(session);
      case "ablate" -> AblateVerb.commandLine(session);
      case "recipe" -> RecipeVerb.commandLine(session);
      case "data" -> DataVerb.commandLine(session);
      case "bench" -> BenchVerb.commandLine(session);
      case "doctor" -> new DoctorVerb(session);
      case "completion" -> new CompletionVerb(session);
      case "help" -> new HelpVerb();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static int execute(ParseResult parsed, Session session) {
    try {
      Integer helped = CommandLine.executeHelpRequest(parsed);
      return helped == null ? executeVerb(parsed, session) : helped;
    } catch (ParameterException | ExecutionException problem) {
      throw problem; // picocli hands them to the handlers
    } catch (RuntimeException problem) {
      return new Failures(session.output()).report(problem);
    }
  }

  private static int executeVerb(ParseResult parsed, Session session) {
    session.common().check();
    Logs logs = Logs.to(session.output(), session.common());
    try {
      return new CommandLine.RunLast().execute(parsed);
    } finally {
      logs.close();
    }
  }

  /** Without a verb: the help. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return Failures.DONE;
  }

  private static void setVersion(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    command.getSubcommands().values().forEach(Linnet::setVersion);
  }

  /** The version that the jar's manifest states. */
  private static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Linnet.class.getPackage().getImplementationVersion();
      return new String[] {"linnet " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
