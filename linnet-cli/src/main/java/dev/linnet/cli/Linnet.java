package dev.linnet.cli;

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
  @Spec private CommandSpec spec = CommandSpec.create();

  private Linnet() {}

  /** The whole command line, whose answers go where the session says. */
  static CommandLine commandLine(Session session) {
    CommandLine line = new CommandLine(new Linnet());
    line.getCommandSpec().addMixin("common", CommandSpec.forAnnotatedObject(session.common()));
    line.addSubcommand("train", TrainVerb.commandLine(session));
    line.addSubcommand("eval", new EvalVerb(session));
    line.addSubcommand("predict", new PredictVerb(session));
    line.addSubcommand("embed", new EmbedVerb(session));
    line.addSubcommand("nearest", new NearestVerb(session));
    line.addSubcommand("explain", new ExplainVerb(session));
    line.addSubcommand("models", new ModelsVerb(session));
    line.addSubcommand("ablate", AblateVerb.commandLine(session));
    line.addSubcommand("recipe", RecipeVerb.commandLine(session));
    line.addSubcommand("data", DataVerb.commandLine(session));
    line.addSubcommand("bench", BenchVerb.commandLine(session));
    line.addSubcommand("doctor", new DoctorVerb(session));
    line.addSubcommand("completion", new CompletionVerb(session));
    line.addSubcommand("help", new HelpVerb());
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
