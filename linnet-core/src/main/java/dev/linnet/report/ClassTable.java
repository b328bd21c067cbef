package dev.linnet.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** How well each class is told from the others, the worst first. */
public record ClassTable(List<Row> rows) implements Section {
  /** Longer tables are folded. */
  private static final int OPEN_ROWS = 30;

  public ClassTable {
    rows = List.copyOf(rows);
  }

  /**
   * One class.
   *
   * @param precision share of the pictures called so that are so, in [0, 1]; NaN if none was
   * @param recall share of the pictures that are so that were called so, in [0, 1]; NaN if none is
   * @param f1 harmonic mean of both, in [0, 1]; NaN if either has no value
   * @param support pictures that are so
   */
  public record Row(String name, double precision, double recall, double f1, long support) {}

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", "Classes");
    html.leaf("p", "The worst first, by F1.", "class", "about");
    boolean folded = rows.size() > OPEN_ROWS;
    if (folded) {
      html.open("details").leaf("summary", "All " + rows.size() + " classes");
    }
    html.open("div", "class", "scroll").open("table", "class", "classes");
    html.open("thead").open("tr").leaf("th", "class");
    for (String name : List.of("precision", "recall", "F1", "pictures")) {
      html.leaf("th", name, "class", "number");
    }
    html.close().close().open("tbody");
    rows.stream()
        .sorted(
            Comparator.comparingDouble((Row row) -> Double.isNaN(row.f1()) ? -1 : row.f1())
                .thenComparing(Row::name))
        .forEach(row -> line(html.line(), row));
    html.close().close().close();
    if (folded) {
      html.close();
    }
    return html.close().toString();
  }

  private static void line(Html html, Row row) {
    html.open("tr").leaf("td", row.name(), "class", "name");
    for (double share : new double[] {row.precision(), row.recall(), row.f1()}) {
      html.open("td", "class", "number");
      if (Double.isNaN(share)) {
        html.text("–");
      } else {
        String percent = String.format(Locale.ROOT, "%.1f", 100 * share);
        html.open("span", "class", "bar", "style", "--share:" + percent + "%").close();
        html.text(percent + " %");
      }
      html.close();
    }
    html.leaf("td", String.format(Locale.ROOT, "%,d", row.support()), "class", "number").close();
  }
}
