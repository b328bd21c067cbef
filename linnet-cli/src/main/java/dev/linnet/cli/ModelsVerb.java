package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.models.InputSize;
import dev.linnet.models.ModelCost;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code models}: the zoo. */
@Command(
    name = "models",
    header = "lists the networks: parameters, MACs, input size, source",
    description =
        "Parameters and multiply-adds (MACs) are those of one picture of the input size, with "
            + "the classes that the network was published with.",
    footer = {
      "  linnet models",
      "  linnet models 'resnet*'",
      "  linnet models --json",
    })
final class ModelsVerb implements Callable<Integer> {
  private static final double MILLION = 1e6;

  @Parameters(
      paramLabel = "GLOB",
      arity = "0..1",
      defaultValue = "*",
      description = "names to list, such as 'resnet*'; * is any letters, ? one")
  private String glob = "*";

  private final Output output;

  ModelsVerb(Session session) {
    this.output = session.output();
  }

  private record Row(ZooModel model, ModelCost cost) {}

  @Override
  public Integer call() {
    Glob wanted = Glob.of(glob);
    List<ZooModel> models =
        Zoo.models().stream().filter(model -> wanted.matches(model.name())).toList();
    if (models.isEmpty()) {
      throw new LinnetException(
          "\"%s\": no network has this name; %s"
              .formatted(
                  glob, Nearest.didYouMean(glob, Zoo.names(), "\"linnet models\" lists all")));
    }
    List<Row> rows = models.stream().map(ModelsVerb::row).toList();
    if (output.isJson()) {
      output.json(Map.of("models", rows.stream().map(ModelsVerb::json).toList()));
      return Failures.DONE;
    }
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("name", "family", "parameters", "MACs", "input", "source"));
    for (Row row : rows) {
      table.add(
          List.of(
              row.model().name(),
              row.model().family(),
              millions(row.cost().parameters()),
              millions(row.cost().macs()),
              row.cost().input().toString(),
              row.model().published().source().toString()));
    }
    output.table(table);
    return Failures.DONE;
  }

  private static Row row(ZooModel model) {
    InputSize input = model.published().preprocessing().input();
    return new Row(model, model.cost(model.options(), input.height(), input.width()));
  }

  private static Map<String, Object> json(Row row) {
    InputSize input = row.cost().input();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", row.model().name());
    json.put("family", row.model().family());
    json.put("parameters", row.cost().parameters());
    json.put("macs", row.cost().macs());
    json.put("input", List.of(input.channels(), input.height(), input.width()));
    json.put("source", row.model().published().source().toString());
    return json;
  }

  private static String millions(long count) {
    return String.format(Locale.ROOT, "%.2f M", count / MILLION);
  }
}
