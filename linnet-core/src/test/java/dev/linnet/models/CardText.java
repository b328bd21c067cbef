package dev.linnet.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Repository;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Writes the cards of {@code docs/models}: words from {@code families.csv} there, papers and
 * published weights from {@link ModelCard}, parameters and multiply-adds counted here.
 */
final class CardText {
  static final Path FOLDER = Repository.path("docs/models");

  private CardText() {}

  /** A row of {@code families.csv}. */
  record FamilyRow(String family, String title, String about, String note) {}

  static Map<String, FamilyRow> families() throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    Map<String, FamilyRow> families = new LinkedHashMap<>();
    try (Reader text = Files.newBufferedReader(FOLDER.resolve("families.csv"), UTF_8);
        CSVParser rows = CSVParser.parse(text, format)) {
      for (CSVRecord row : rows) {
        FamilyRow family =
            new FamilyRow(row.get("family"), row.get("title"), row.get("about"), row.get("note"));
        families.put(family.family(), family);
      }
    }
    return families;
  }

  /** Names that {@code golden/zoo.json} has. */
  static Set<String> recorded() {
    Set<String> names = new TreeSet<>();
    for (JsonNode model : Golden.json("zoo.json").get("models")) {
      names.add(model.get("name").asText());
    }
    return names;
  }

  /** The names of each family, in the zoo's order. */
  static Map<String, List<ZooModel>> members() {
    Map<String, List<ZooModel>> members = new LinkedHashMap<>();
    for (ZooModel model : Zoo.models()) {
      members.computeIfAbsent(model.family(), key -> new ArrayList<>()).add(model);
    }
    return members;
  }

  /** Every card by the name of its file. */
  static Map<String, String> all() throws IOException {
    Map<String, FamilyRow> families = families();
    Set<String> recorded = recorded();
    Map<String, String> cards = new LinkedHashMap<>();
    StringBuilder index = new StringBuilder();
    index.append("# Model cards\n\n");
    index.append("One card a family. `./linnet models` lists the networks, `./linnet models NAME`");
    index.append(" shows one, and\n`./linnet models --plot` draws accuracy against cost.\n\n");
    index.append("| card | family | names |\n|---|---|---:|\n");
    members()
        .forEach(
            (family, models) -> {
              FamilyRow row = requireNonNull(families.get(family), family);
              cards.put(family + ".md", card(row, models, recorded));
              index.append(
                  "| [%s](%s.md) | `%s` | %d |\n"
                      .formatted(row.title(), family, family, models.size()));
            });
    index.append("\nThe cards are generated from `families.csv`, `cards.csv` (in linnet-core; ");
    index.append("`tools/models/cards.py`\nmakes it) and the networks themselves: ");
    index.append("`mvn test -pl linnet-core -Dtest=ModelCardTest -Dlinnet.update=true`.\n");
    cards.put("README.md", index.toString());
    return cards;
  }

  private static String card(FamilyRow family, List<ZooModel> models, Set<String> recorded) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(family.title()).append("\n\n").append(family.about()).append("\n\n");
    text.append("| name | parameters | MACs | input | preprocessing | top-1 | top-5 | weights |");
    text.append(" license |\n|---|---:|---:|---|---|---:|---:|---|---|\n");
    Set<String> papers = new LinkedHashSet<>();
    Set<String> sources = new LinkedHashSet<>();
    for (ZooModel model : models) {
      ModelCard card = model.card();
      papers.add(card.paper());
      card.accuracy().ifPresent(a -> sources.add(source(a)));
      text.append(row(model, card));
    }
    text.append("\nParameters and multiply-adds (MACs) of one picture of the input size, counted");
    text.append(" by Linnet.\n");
    papers(text, models, papers);
    text.append("\n## Accuracy\n\n");
    if (sources.isEmpty()) {
      text.append("No published accuracy was looked at.\n");
    }
    sources.forEach(source -> text.append("- ").append(source).append('\n'));
    if (!sources.isEmpty()) {
      text.append("\nIt belongs to the weights named beside it, whose training data and recipes");
      text.append(" differ.\nAn empty cell: no weights, or no source that was looked at.\n");
    }
    checks(text, family, models, recorded);
    return text.toString();
  }

  private static String row(ZooModel model, ModelCard card) {
    Preprocessing p = model.published().preprocessing();
    ModelCost cost = model.cost(model.options(), p.input().height(), p.input().width());
    return "| `%s` | %s | %s | %s | %s | %s | %s | %s | %s |\n"
        .formatted(
            model.name(),
            count(cost.parameters()),
            count(cost.macs()),
            p.input(),
            preprocessing(p),
            card.accuracy().map(a -> percent(a.top1())).orElse(""),
            card.accuracy().flatMap(ModelCard.Accuracy::top5).map(CardText::percent).orElse(""),
            card.weights().map(CardText::link).orElse(""),
            card.license().orElse(""));
  }

  private static void papers(StringBuilder text, List<ZooModel> models, Set<String> papers) {
    text.append("\n## ").append(papers.size() == 1 ? "Paper" : "Papers").append("\n\n");
    for (String paper : papers) {
      text.append("- ").append(paper);
      if (papers.size() > 1) {
        List<String> names =
            models.stream()
                .filter(model -> model.card().paper().equals(paper))
                .map(model -> "`" + model.name() + "`")
                .toList();
        text.append(": ").append(String.join(", ", names));
      }
      text.append('\n');
    }
  }

  private static void checks(
      StringBuilder text, FamilyRow family, List<ZooModel> models, Set<String> recorded) {
    long known = models.stream().filter(model -> recorded.contains(model.name())).count();
    text.append("\n## Checked\n\n");
    text.append(
        """
        %s: logits, names and shapes of the state in their order, parameters and
        multiply-adds equal recorded values (`golden/zoo.json`, made by `tools/golden/zoo_rows.py`;
        `ReferenceValuesTest`). Names and definition are %s.
        """
            .formatted(
                known == models.size()
                    ? known == 1 ? "The network" : "All " + known + " networks"
                    : known + " of " + models.size() + " networks",
                definitions(models)));
    if (!family.note().isEmpty()) {
      text.append('\n').append(family.note()).append('\n');
    }
  }

  private static String definitions(List<ZooModel> models) {
    Set<String> sources = new LinkedHashSet<>();
    for (ZooModel model : models) {
      sources.add(
          switch (model.published().source()) {
            case TIMM -> "timm's";
            case TORCHVISION -> "torchvision's";
            case PAPER -> "the paper's";
          });
    }
    return String.join(" and ", sources);
  }

  private static String source(ModelCard.Accuracy accuracy) {
    String who =
        accuracy.source().startsWith("timm")
            ? "timm's `results/results-imagenet.csv` at commit 7479d451"
            : accuracy.source();
    return accuracy.data() + ": " + who;
  }

  private static String preprocessing(Preprocessing p) {
    String colors =
        p.mean().equals(Preprocessing.IMAGENET.mean()) ? "" : ", mean " + p.mean().get(0);
    return "%s, %s%s"
        .formatted(p.interpolation(), String.format(Locale.ROOT, "%.3f", p.cropPct()), colors);
  }

  private static String link(String weights) {
    String hub = "hf://";
    return weights.startsWith(hub)
        ? "`" + weights + "`"
        : "[" + weights.substring(weights.lastIndexOf('/') + 1) + "](" + weights + ")";
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
