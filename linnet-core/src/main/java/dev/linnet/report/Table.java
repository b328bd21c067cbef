package dev.linnet.report;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows and columns of texts. A column whose cells all begin with a digit or a sign stands on the
 * right.
 *
 * @param about a sentence below the title; may be empty
 * @param columns names, the head of the table
 * @param rows each with as many cells as there are columns
 */
public record Table(String title, String about, List<String> columns, List<List<String>> rows)
    implements Section {
  public Table {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row of " + row.size() + " cells in a table of " + columns.size() + " columns");
      }
    }
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", title);
    if (!about.isEmpty()) {
      html.leaf("p", about, "class", "about");
    }
    html.open("div", "class", "scroll").open("table").open("thead").open("tr");
    List<String> kinds = IntStream.range(0, columns.size()).mapToObj(this::kind).toList();
    for (int c = 0; c < columns.size(); c++) {
      html.leaf("th", columns.get(c), "class", kinds.get(c));
    }
    html.close().close().open("tbody");
    for (List<String> row : rows) {
      html.line().open("tr");
      for (int c = 0; c < row.size(); c++) {
        html.leaf("td", row.get(c), "class", kinds.get(c));
      }
      html.close();
    }
    return html.close().close().close().close().toString();
  }

  private String kind(int column) {
    boolean numbers =
        rows.stream()
            .map(row -> row.get(column))
            .allMatch(cell -> cell.matches("([-–−+]|< )?\\d.*|–|"));
    return numbers ? "number" : "name";
  }
}
