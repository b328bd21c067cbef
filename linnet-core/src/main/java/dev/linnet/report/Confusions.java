package dev.linnet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Which class is taken for which: the matrix, with numbers up to 20 classes, and the most frequent
 * confusions. A cell's color is its share of its row, by the square root, so that rare confusions
 * show.
 */
public final class Confusions implements Section {
  private static final int NUMBERED_CLASSES = 20;
  private static final int LISTED = 10;
  private static final int LEVELS = 20;

  /** Units of the numbered matrix; a unit is a pixel at least. */
  private static final int CELL = 36;

  private static final int LABEL_LETTERS = 16;
  private static final double LETTER = 7;

  private final List<String> classes;
  private final long[][] counts;

  private Confusions(List<String> classes, long[][] counts) {
    this.classes = classes;
    this.counts = counts;
  }

  /**
   * A matrix of counts.
   *
   * @param classes K names
   * @param counts [K][K]: {@code counts[i][j]} pictures of class i were called j; copied
   */
  public static Confusions of(List<String> classes, long[][] counts) {
    boolean square =
        counts.length == classes.size()
            && Arrays.stream(counts).allMatch(row -> row.length == classes.size());
    if (!square) {
      throw new IllegalArgumentException(
          "a matrix of " + counts.length + " rows for " + classes.size() + " classes");
    }
    return new Confusions(
        List.copyOf(classes), Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new));
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", "Confusion matrix");
    html.open("p", "class", "about").text("Rows: what it is. Columns: what the network said. ");
    html.leaf("b", "Right", "class", "good").text(", ").leaf("b", "wrong", "class", "bad");
    html.text(", the stronger the larger its share of the row.").close();
    html.open("div", "class", "scroll");
    if (classes.size() <= NUMBERED_CLASSES) {
      numbered(html);
    } else {
      heatmap(html);
    }
    html.close();
    frequent(html);
    return html.close().toString();
  }

  private void numbered(Html html) {
    int letters =
        classes.stream()
            .mapToInt(name -> shortened(name).codePointCount(0, shortened(name).length()))
            .max()
            .orElse(0);
    double margin = 14 + letters * LETTER;
    int size = (int) Math.ceil(margin + classes.size() * CELL + 2);
    html.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "class",
        "matrix",
        "role",
        "img",
        "aria-label",
        "Confusion matrix",
        "width",
        "" + size,
        "height",
        "" + size,
        "viewBox",
        "0 0 " + size + " " + size);
    for (int i = 0; i < classes.size(); i++) {
      String middle = number(margin + (i + 0.5) * CELL);
      String edge = number(margin - 6);
      html.line();
      label(html, classes.get(i), "ticks end", edge, number(margin + (i + 0.5) * CELL + 4), "");
      boolean fits = letters * LETTER <= CELL - 8; // else it stands upright
      label(
          html,
          classes.get(i),
          fits ? "ticks middle" : "ticks",
          middle,
          edge,
          fits ? "" : "rotate(-90 " + middle + " " + edge + ") translate(0 4)");
      for (int j = 0; j < classes.size(); j++) {
        cell(html, i, j, margin);
      }
    }
    html.close();
  }

  private static void label(Html html, String name, String style, String x, String y, String turn) {
    if (turn.isEmpty()) {
      html.open("text", "class", style, "x", x, "y", y);
    } else {
      html.open("text", "class", style, "x", x, "y", y, "transform", turn);
    }
    html.text(shortened(name)).leaf("title", name).close();
  }

  private void cell(Html html, int i, int j, double margin) {
    double share = share(i, j);
    String x = number(margin + j * CELL);
    String y = number(margin + i * CELL);
    html.open("g");
    html.leaf(
        "title",
        "is %s, said %s: ".formatted(classes.get(i), classes.get(j))
            + String.format(Locale.ROOT, "%,d of %,d", counts[i][j], total(i)));
    html.empty(
        "rect",
        "class",
        "cell",
        "x",
        x,
        "y",
        y,
        "width",
        "" + (CELL - 1),
        "height",
        "" + (CELL - 1));
    if (counts[i][j] > 0) {
      html.empty(
          "rect",
          "class",
          i == j ? "right" : "wrong",
          "x",
          x,
          "y",
          y,
          "width",
          "" + (CELL - 1),
          "height",
          "" + (CELL - 1),
          "fill-opacity",
          opacity(share));
      html.leaf(
          "text",
          compact(counts[i][j]),
          "class",
          Math.sqrt(share) > 0.6 ? "count strong" : "count",
          "x",
          number(margin + (j + 0.5) * CELL - 0.5),
          "y",
          number(margin + (i + 0.5) * CELL + 3.5));
    }
    html.close();
  }

  /** One path for each color, so that a thousand classes stay a page of sensible size. */
  private void heatmap(Html html) {
    int size = classes.size();
    html.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "class",
        "heatmap",
        "role",
        "img",
        "aria-label",
        "Confusion matrix",
        "viewBox",
        "0 0 " + size + " " + size);
    html.line().empty("rect", "class", "cell", "width", "" + size, "height", "" + size);
    for (int right = 0; right < 2; right++) {
      for (int level = 1; level <= LEVELS; level++) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            if ((i == j) == (right == 1) && level(share(i, j)) == level) {
              path.append('M').append(j).append(' ').append(i).append("h1v1h-1z");
            }
          }
        }
        if (path.length() > 0) {
          double share = Math.pow((double) level / LEVELS, 2);
          html.line()
              .empty(
                  "path",
                  "class",
                  right == 1 ? "right" : "wrong",
                  "fill-opacity",
                  opacity(share),
                  "d",
                  path.toString());
        }
      }
    }
    html.close();
  }

  private void frequent(Html html) {
    record Pair(int is, int said) {}
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < classes.size(); i++) {
      for (int j = 0; j < classes.size(); j++) {
        if (i != j && counts[i][j] > 0) {
          pairs.add(new Pair(i, j));
        }
      }
    }
    pairs.sort(
        Comparator.comparingLong((Pair pair) -> -counts[pair.is()][pair.said()])
            .thenComparingDouble(pair -> -share(pair.is(), pair.said())));
    if (pairs.isEmpty()) {
      return;
    }
    html.leaf("h3", "Most frequent confusions").open("div", "class", "scroll");
    html.open("table").open("thead").open("tr").leaf("th", "is").leaf("th", "said");
    html.leaf("th", "pictures", "class", "number").leaf("th", "of its class", "class", "number");
    html.close().close().open("tbody");
    for (Pair pair : pairs.subList(0, Math.min(LISTED, pairs.size()))) {
      html.line().open("tr").leaf("td", classes.get(pair.is()), "class", "name");
      html.leaf("td", classes.get(pair.said()), "class", "name");
      html.leaf(
          "td",
          String.format(Locale.ROOT, "%,d", counts[pair.is()][pair.said()]),
          "class",
          "number");
      html.leaf(
          "td",
          String.format(Locale.ROOT, "%.1f %%", 100 * share(pair.is(), pair.said())),
          "class",
          "number");
      html.close();
    }
    html.close().close().close();
  }

  private long total(int row) {
    return Arrays.stream(counts[row]).sum();
  }

  private double share(int row, int column) {
    return counts[row][column] == 0 ? 0 : (double) counts[row][column] / total(row);
  }

  private static int level(double share) {
    return (int) Math.ceil(Math.sqrt(share) * LEVELS);
  }

  private static String opacity(double share) {
    return String.format(Locale.ROOT, "%.2f", Math.max(0.06, Math.sqrt(share)));
  }

  /** Four letters at most: 1234, 12k, 123k, 1.2M. */
  private static String compact(long count) {
    if (count < 10_000) {
      return Long.toString(count);
    }
    return count < 999_500
        ? Math.round(count / 1e3) + "k"
        : String.format(Locale.ROOT, "%.1fM", count / 1e6);
  }

  private static String shortened(String name) {
    return name.codePointCount(0, name.length()) <= LABEL_LETTERS
        ? name
        : name.substring(0, name.offsetByCodePoints(0, LABEL_LETTERS - 1)) + "…";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
