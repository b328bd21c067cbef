package dev.linnet.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
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
  private static final Map<String, Verb> VERBS = verbs();

  /** Those that speak of all the others. */
  private static final Set<String> OF_ALL_VERBS = Set.of("completion", "help");

  /** The list of verbs is asked for by one of these, or by nothing. */
  private static final Set<String> LISTING = Set.of("-h", "--help");

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

  /**
   * All verbs; where one is asked for by name, it alone. To read the options of those that are not
   * asked for takes longer than to do without.
   */
  private static void addVerbs(CommandLine line, Session session) {
    List<String> arguments = session.command().subList(1, session.command().size());
    if (LISTING.containsAll(arguments)) {
      VERBS.forEach((name, verb) -> line.addSubcommand(name, verb.title()));
      return;
    }
    String first = arguments.get(0);
    boolean one = VERBS.containsKey(first) && !OF_ALL_VERBS.contains(first);
    VERBS.forEach(
        (name, verb) -> {
          if (!one || name.equals(first)) {
            line.addSubcommand(name, verb.made().apply(session));
          }
        });
  }

  private static Map<String, Verb> verbs() {
    Map<String, Verb> verbs = new LinkedHashMap<>();
    verbs.put("train", new Verb(TrainVerb.class, TrainVerb::commandLine));
    verbs.put("eval", new Verb(EvalVerb.class, EvalVerb::new));
    verbs.put("predict", new Verb(PredictVerb.class, PredictVerb::new));
    verbs.put("embed", new Verb(EmbedVerb.class, EmbedVerb::new));
    verbs.put("nearest", new Verb(NearestVerb.class, NearestVerb::new));
    verbs.put("explain", new Verb(ExplainVerb.class, ExplainVerb::new));
    verbs.put("models", new Verb(ModelsVerb.class, ModelsVerb::new));
    verbs.put("ablate", new Verb(AblateVerb.class, AblateVerb::commandLine));
    verbs.put("recipe", new Verb(RecipeVerb.class, RecipeVerb::commandLine));
    verbs.put("data", new Verb(DataVerb.class, DataVerb::commandLine));
    verbs.put("bench", new Verb(BenchVerb.class, BenchVerb::commandLine));
    verbs.put("doctor", new Verb(DoctorVerb.class, DoctorVerb::new));
    verbs.put("completion", new Verb(CompletionVerb.class, CompletionVerb::new));
    verbs.put("help", new Verb(HelpVerb.class, session -> new HelpVerb()));
    return Collections.unmodifiableMap(verbs);
  }

  /**
   * @param type carries the verb's annotation
   * @param made gives the command line or the object that picocli reads
   */
  private record Verb(Class<?> type, Function<Session, Object> made) {
    /** The name's line in the list of verbs; it cannot be run. */
    CommandSpec title() {
      CommandSpec title = CommandSpec.create();
      title.usageMessage().header(type.getAnnotation(Command.class).header());
      return title;
    }
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
