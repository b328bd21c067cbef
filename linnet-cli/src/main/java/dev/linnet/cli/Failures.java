package dev.linnet.cli;

import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.recipe.RecipeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever ends a command into one line and an exit code. */
final class Failures {
  /** Done. */
  static final int DONE = 0;

  /** Failed. */
  static final int FAILED = 1;

  /** Asked wrongly. */
  static final int ASKED_WRONGLY = 2;

  private static final Map<Class<?>, String> TYPES =
      Map.of(
          Integer.class, "a whole number",
          int.class, "a whole number",
          Long.class, "a whole number",
          Double.class, "a number",
          double.class, "a number");

  private final Output output;

  Failures(Output output) {
    this.output = output;
  }

  /** Says why the command ended; returns its exit code. */
  int report(Throwable problem) {
    if (problem instanceof StandardOutput.ClosedException) {
      return DONE;
    }
    output.error(message(problem));
    output.trace(problem);
    return isAskedWrongly(problem) ? ASKED_WRONGLY : FAILED;
  }

  private static boolean isAskedWrongly(Throwable problem) {
    return problem instanceof ParameterException
        || problem instanceof AskedWrongly
        || problem instanceof InvalidValueException
        || problem instanceof RecipeException;
  }

  static String message(Throwable problem) {
    if (problem instanceof ParameterException wrong) {
      return message(wrong);
    }
    if (problem instanceof LinnetException known) {
      return String.valueOf(known.getMessage());
    }
    if (problem instanceof OutOfMemoryError) {
      return "Java's heap is full; give it more, such as LINNET_JAVA_OPTS=-Xmx4g";
    }
    if (problem instanceof UnsatisfiedLinkError || problem instanceof NoClassDefFoundError) {
      return "the native libraries cannot be loaded: "
          + firstLine(problem)
          + "; \"linnet doctor\" says what is wrong";
    }
    return "unexpected: " + firstLine(problem) + " (run again with --debug)";
  }

  private static String firstLine(Throwable problem) {
    return problem.toString().lines().findFirst().orElse("");
  }

  private static String message(ParameterException wrong) {
    CommandSpec command = wrong.getCommandLine().getCommandSpec();
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      return unmatched(command, unmatched.getUnmatched().get(0));
    }
    ArgSpec argument = wrong.getArgSpec();
    if (wrong instanceof MissingParameterException missing) {
      return missing(command, missing.getMissing());
    }
    if (wrong instanceof OverwrittenOptionException twice
        && twice.getOverwritten() instanceof OptionSpec option) {
      return option.longestName() + ": given twice; give it once";
    }
    String type = argument == null ? null : allowed(argument.type());
    if (argument != null && type != null && wrong.getValue() != null) {
      String name = argument instanceof OptionSpec o ? o.longestName() : argument.paramLabel();
      return name + ": got \"" + wrong.getValue() + "\"; must be " + type;
    }
    return firstLine(wrong).replaceFirst("^[\\w.$]+: ", "");
  }

  private static @Nullable String allowed(Class<?> type) {
    if (type.isEnum()) {
      List<String> names =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
              .toList();
      int last = names.size() - 1;
      return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }
    return TYPES.get(type);
  }

  private static String unmatched(CommandSpec command, String word) {
    String name = command.qualifiedName();
    String see = "see \"" + name + " --help\"";
    if (word.startsWith("-") && word.length() > 1) {
      String option = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
      return "unknown option \"%s\" of \"%s\"; %s"
          .formatted(option, name, Nearest.didYouMean(option, optionNames(command), see));
    }
    if (!command.subcommands().isEmpty()) {
      return "unknown verb \"%s\" of \"%s\"; %s"
          .formatted(word, name, Nearest.didYouMean(word, command.subcommands().keySet(), see));
    }
    return "\"%s\" does not take \"%s\"; %s".formatted(name, word, see);
  }

  private static Collection<String> optionNames(CommandSpec command) {
    List<String> names = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      names.add(option.longestName());
    }
    return names;
  }

  private static String missing(CommandSpec command, List<ArgSpec> missing) {
    ArgSpec first = missing.get(0);
    String see = "; see \"" + command.qualifiedName() + " --help\"";
    if (first instanceof OptionSpec option) {
      return option.required()
          ? "\"%s\" needs %s%s".formatted(command.qualifiedName(), option.longestName(), see)
          : option.longestName() + " needs a value" + see;
    }
    return "\"%s\" needs %s%s".formatted(command.qualifiedName(), first.paramLabel(), see);
  }

  /** What a command that only holds others says when none is named. */
  static AskedWrongly needsVerb(CommandLine command) {
    return new AskedWrongly(
        "\"%s\" needs a verb: %s; see \"%s --help\""
            .formatted(
                command.getCommandSpec().qualifiedName(),
                String.join(", ", command.getSubcommands().keySet()),
                command.getCommandSpec().qualifiedName()));
  }
}
