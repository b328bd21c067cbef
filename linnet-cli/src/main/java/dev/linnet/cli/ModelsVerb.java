package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.models.InputSize;
import dev.linnet.models.ModelCard;
import dev.linnet.models.ModelCost;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.report.RunReport;
import dev.linnet.report.Tradeoff;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code models}: the zoo. */
@Command(
    name = "models",
    header = "lists the networks: parameters, MACs, input size, accuracy; shows one; plots them",
    description =
        "Parameters, multiply-adds (MACs) and activations (bytes of all layers' results in fp32) are"
            + " those of one picture of the input size, with the classes that the network was"
            + " published with. Accuracies are those of its published weights, in percent of"
            + " ImageNet-1k unless --json says otherwise; the name alone shows whose.",
    footer = {
      "  linnet models",
      "  linnet models 'resnet*'",
      "  linnet models resnet50",
      "  linnet models --json",
      "  linnet models --plot",
      "  linnet models 'mobilenet*' --plot mobile.html",
    })
final class ModelsVerb implements Callable<Integer> {
  private static final double MILLION = 1e6;
  private static final int LABEL = 12;

  @Parameters(
      paramLabel = "GLOB",
      arity = "0..1",
      defaultValue = "*",
      description = "names to list, such as 'resnet*'; * is any letters, ? one; one name: its card")
  private String glob = "*";

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = "",
      description =
          "draws accuracy on ImageNet-1k against MACs and parameters as one HTML page; default:"
              + " models.html")
  private @Nullable String plot;

  private final Session session;
  private final Output output;

  ModelsVerb(Session session) {
    this.session = session;
    this.output = session.output();
  }

  private record Row(ZooModel model, ModelCost cost, ModelCard card) {}

  @Override
  public Integer call() {
    Path page = plot == null ? null : page(plot);
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
    if (page != null) {
      draw(rows).write(page);
    }
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("models", rows.stream().map(ModelsVerb::json).toList());
      if (page != null) {
        json.put("plot", page.toString());
      }
      output.json(json);
      return Failures.DONE;
    }
    if (page != null) {
      long drawn = rows.stream().filter(row -> onImageNet(row).isPresent()).count();
      output.answer(
          "%s: %d networks; %d have no published accuracy on ImageNet-1k"
              .formatted(page, drawn, rows.size() - drawn));
      return Failures.DONE;
    }
    if (rows.size() == 1 && rows.get(0).model().name().equalsIgnoreCase(glob)) {
      show(rows.get(0));
      return Failures.DONE;
    }
    list(rows);
    return Failures.DONE;
  }

  /** A pattern after the option would be taken for its file. */
  private Path page(String text) {
    if (!text.isEmpty() && !text.endsWith(".html")) {
      throw new AskedWrongly(
          "--plot: got \"%s\"; must be a file that ends with .html; a pattern comes first"
              .formatted(text));
    }
    return text.isEmpty()
        ? NewFile.at(null, session.shell().folder(), "models", ".html")
        : NewFile.explicit("--plot", Path.of(text));
  }

  private RunReport draw(List<Row> rows) {
    List<Tradeoff.Point> points = new ArrayList<>();
    for (Row row : rows) {
      onImageNet(row).ifPresent(accuracy -> points.add(point(row, accuracy)));
    }
    if (points.isEmpty()) {
      throw new LinnetException(
          "--plot: none of the networks named has a published accuracy on ImageNet-1k");
    }
    return new RunReport(
        "Accuracy and cost",
        points.size()
            + " networks with the published accuracy of their weights on ImageNet-1k; the weights'"
            + " training data and recipes differ. Point at a network for its name, at a family to"
            + " see it alone; untick it to hide it. Dashed: nothing cheaper is as accurate.",
        List.of(new Tradeoff("top-1, %", List.of("MACs", "parameters"), points)));
  }

  private static Tradeoff.Point point(Row row, ModelCard.Accuracy accuracy) {
    String weights = row.card().weights().orElse("");
    return new Tradeoff.Point(
        row.model().name(),
        row.model().family(),
        accuracy.top1(),
        List.of((double) row.cost().macs(), (double) row.cost().parameters()),
        List.of(
            "input " + row.cost().input(),
            row.card().paper(),
            weights.substring(weights.lastIndexOf('/') + 1)));
  }

  private static Row row(ZooModel model) {
    InputSize input = model.published().preprocessing().input();
    ModelCost cost = model.cost(model.options(), input.height(), input.width());
    return new Row(model, cost, model.card());
  }

  private void list(List<Row> rows) {
    List<List<String>> table = new ArrayList<>();
    table.add(
        List.of(
            "name",
            "family",
            "parameters",
            "MACs",
            "activations",
            "input",
            "top-1",
            "top-5",
            "source"));
    for (Row row : rows) {
      Optional<ModelCard.Accuracy> accuracy = onImageNet(row);
      table.add(
          List.of(
              row.model().name(),
              row.model().family(),
              millions(row.cost().parameters()),
              millions(row.cost().macs()),
              megabytes(row.cost().activationBytes()),
              row.cost().input().toString(),
              accuracy.map(a -> percent(a.top1())).orElse("–"),
              accuracy.flatMap(ModelCard.Accuracy::top5).map(ModelsVerb::percent).orElse("–"),
              row.model().published().source().toString()));
    }
    output.table(table, List.of("source", "activations", "top-5", "family", "input"));
  }

  private static Optional<ModelCard.Accuracy> onImageNet(Row row) {
    return row.card().accuracy().filter(a -> a.data().equals(ModelCard.IMAGENET));
  }

  /** What is known about one network. */
  private void show(Row row) {
    ModelCard card = row.card();
    line("name", row.model().name());
    line("family", row.model().family());
    line("paper", card.paper());
    line("definition", row.model().published().source().toString());
    line("parameters", String.format(Locale.ROOT, "%,d", row.cost().parameters()));
    line("MACs", String.format(Locale.ROOT, "%,d", row.cost().macs()));
    line("activations", megabytes(row.cost().activationBytes()) + " in fp32");
    line("classes", String.valueOf(row.model().published().classes()));
    line("pictures", ModelArgument.text(row.model().published().preprocessing()));
    String license = card.license().map(text -> " (" + text + ")").orElse("");
    line("weights", card.weights().map(where -> where + license).orElse("none published"));
    line("accuracy", card.accuracy().map(ModelsVerb::text).orElse("none published"));
    List<String> parts = row.model().parts().stream().map(String::valueOf).toList();
    line("options", parts.isEmpty() ? "none" : String.join(", ", parts));
  }

  private static String text(ModelCard.Accuracy accuracy) {
    return "top-1 %s %%%s on %s at %d pixels; %s"
        .formatted(
            percent(accuracy.top1()),
            accuracy.top5().map(top5 -> ", top-5 " + percent(top5) + " %").orElse(""),
            accuracy.data(),
            accuracy.side(),
            accuracy.source());
  }

  private void line(String label, String text) {
    output.answer(label + " ".repeat(LABEL - label.length()) + text);
  }

  private static Map<String, Object> json(Row row) {
    InputSize input = row.cost().input();
    ModelCard card = row.card();
    Optional<ModelCard.Accuracy> accuracy = card.accuracy();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", row.model().name());
    json.put("family", row.model().family());
    json.put("parameters", row.cost().parameters());
    json.put("macs", row.cost().macs());
    json.put("input", List.of(input.channels(), input.height(), input.width()));
    json.put("source", row.model().published().source().toString());
    json.put("activation_bytes", row.cost().activationBytes());
    json.put("top1", accuracy.map(ModelCard.Accuracy::top1).orElse(null));
    json.put("top5", accuracy.flatMap(ModelCard.Accuracy::top5).orElse(null));
    json.put("accuracy_data", accuracy.map(ModelCard.Accuracy::data).orElse(null));
    json.put("accuracy_source", accuracy.map(ModelCard.Accuracy::source).orElse(null));
    json.put("weights", card.weights().orElse(null));
    json.put("license", card.license().orElse(null));
    json.put("paper", card.paper());
    json.put("year", card.year());
    return json;
  }

  private static String millions(long count) {
    return String.format(Locale.ROOT, "%.2f M", count / MILLION);
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / MILLION);
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
