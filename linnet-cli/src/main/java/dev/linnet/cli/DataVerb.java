package dev.linnet.cli;

import dev.linnet.data.Catalog;
import dev.linnet.data.Places;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code data}: looks at a data set before anything is trained on it. */
@Command(
    name = "data",
    header = "looks at data sets: list, check, preview, stats, split, shard",
    description =
        "A data set is a folder of class folders, with or without train, val and test; a tar of"
            + " one; WebDataset shards; IDX or CIFAR files; a manifest (CSV or JSONL with path,"
            + " label and split); or a name of the catalog.",
    footer = {
      "  linnet data list",
      "  linnet data check photos/",
      "  linnet data preview photos/ --out sheet.png",
      "  linnet data stats cifar10",
      "  linnet data split photos/ --val 0.2 --out photos.csv",
      "  linnet data shard photos/ --out shards/",
    })
final class DataVerb implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  private DataVerb() {}

  static CommandLine commandLine(Session session) {
    CommandLine line = new CommandLine(new DataVerb());
    line.addSubcommand("list", new ListVerb(session));
    line.addSubcommand("check", new DataCheckVerb(session));
    line.addSubcommand("preview", new DataPreviewVerb(session));
    line.addSubcommand("stats", new DataStatsVerb(session));
    line.addSubcommand("split", new DataSplitVerb(session));
    line.addSubcommand("shard", new DataShardVerb(session));
    return line;
  }

  @Override
  public Integer call() {
    throw Failures.needsVerb(spec.commandLine());
  }

  @Command(
      name = "list",
      header = "names the catalog's data sets and where each is",
      description =
          "A name is looked up in the folder of LINNET_DATA, in the cache, and where Debian puts"
              + " it; some are downloaded from their publisher on first use.",
      footer = {"  linnet data list", "  LINNET_DATA=/data linnet data list --json"})
  private static final class ListVerb implements Callable<Integer> {
    private final Session session;

    ListVerb(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      List<Catalog.Listed> listed = Catalog.STANDARD.list(Places.of(session.shell().environment()));
      if (session.output().isJson()) {
        session.output().json(Map.of("data", listed.stream().map(ListVerb::json).toList()));
        return Failures.DONE;
      }
      for (Catalog.Listed row : listed) {
        String name = session.output().style().bold("%-15s".formatted(row.name()));
        session.output().answer(name + "%-16s".formatted(state(row)) + row.about());
        if (!row.where().isEmpty()) {
          session.output().answer(" ".repeat(15) + row.where());
        }
      }
      return Failures.DONE;
    }

    private static String state(Catalog.Listed row) {
      return row.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static Map<String, Object> json(Catalog.Listed row) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", row.name());
      json.put("about", row.about());
      json.put("state", row.state().name().toLowerCase(Locale.ROOT));
      json.put("where", row.where());
      return json;
    }
  }
}
