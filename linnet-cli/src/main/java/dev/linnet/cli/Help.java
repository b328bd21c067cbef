package dev.linnet.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * How help looks: usage, what it does, what it takes, the options that every verb has apart, then
 * examples. At most 80 columns.
 */
final class Help {
  private static final int WIDEST = 80;
  private static final int NARROWEST = 55; // picocli's own limit
  private static final int LONGEST_OPTION = 22;
  private static final String HEADING = "commonHeading";
  private static final String COMMON = "common";

  private Help() {}

  /** Gives a command line and all its verbs their look. */
  static void dress(CommandLine root, Terminal terminal) {
    dressOne(root, terminal);
    root.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            terminal.colors() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
    List<String> sections = new ArrayList<>(root.getHelpSectionKeys());
    sections.addAll(
        sections.indexOf(UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), List.of(HEADING, COMMON));
    root.setHelpSectionKeys(sections); // the verbs take them over
  }

  private static void dressOne(CommandLine command, Terminal terminal) {
    boolean isRoot = command.getParent() == null;
    UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    usage.width(Math.max(NARROWEST, Math.min(WIDEST, terminal.width())));
    usage.longOptionsMaxWidth(LONGEST_OPTION);
    usage.abbreviateSynopsis(true);
    usage.synopsisSubcommandLabel("VERB");
    usage.sortOptions(false);
    usage.synopsisHeading("%nUsage: ");
    usage.descriptionHeading("%n");
    usage.parameterListHeading("%n");
    usage.optionListHeading(hasOwnOptions(command) ? "%nOptions:%n" : "");
    usage.commandListHeading("%nVerbs:%n");
    usage.footerHeading("%nExamples:%n");
    Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
    if (!isRoot) {
      sections.put(
          UsageMessageSpec.SECTION_KEY_HEADER,
          help ->
              help.createHeading(
                  help.commandSpec().qualifiedName() + ": " + help.header().strip() + "%n"));
    }
    sections.put(HEADING, help -> "%nOptions of every verb:%n".formatted());
    sections.put(COMMON, help -> options(help, isRoot ? o -> true : OptionSpec::inherited));
    sections.put(
        UsageMessageSpec.SECTION_KEY_OPTION_LIST,
        help -> isRoot ? "" : options(help, option -> !option.inherited()));
    command.getSubcommands().values().forEach(verb -> dressOne(verb, terminal));
  }

  private static boolean hasOwnOptions(CommandLine command) {
    return command.getParent() != null
        && command.getCommandSpec().options().stream().anyMatch(option -> !option.inherited());
  }

  private static String options(CommandLine.Help help, Predicate<OptionSpec> wanted) {
    List<OptionSpec> options =
        help.commandSpec().options().stream()
            .filter(wanted)
            .filter(option -> !option.hidden())
            .toList();
    CommandLine.Help.Layout layout =
        help.createDefaultLayout(options, List.of(), help.colorScheme());
    layout.addOptions(options, help.parameterLabelRenderer());
    return layout.toString();
  }
}
