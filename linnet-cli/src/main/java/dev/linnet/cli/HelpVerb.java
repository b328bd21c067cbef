package dev.linnet.cli;

import dev.linnet.base.Nearest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code help VERB}: the same as {@code VERB --help}. */
@Command(
    name = "help",
    header = "prints the help of a verb",
    description = "Prints what \"linnet VERB --help\" prints.",
    footer = {"  linnet help train", "  linnet help data split"})
final class HelpVerb implements Callable<Integer> {
  @Parameters(
      paramLabel = "VERB",
      arity = "0..*",
      description = "verb, such as train or data split")
  private List<String> verbs = new ArrayList<>();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    CommandLine command = spec.root().commandLine();
    for (String verb : verbs) {
      CommandLine below = command.getSubcommands().get(verb);
      if (below == null) {
        Set<String> known = command.getSubcommands().keySet();
        throw new AskedWrongly(
            "unknown verb \"%s\"; %s"
                .formatted(verb, Nearest.didYouMean(verb, known, "see \"linnet --help\"")));
      }
      command = below;
    }
    command.usage(command.getOut());
    return Failures.DONE;
  }
}
