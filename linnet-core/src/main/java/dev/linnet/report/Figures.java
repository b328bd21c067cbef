package dev.linnet.report;

import java.util.List;

/** The few numbers that a reader looks for first. */
public record Figures(List<Figure> figures) implements Section {
  public Figures {
    figures = List.copyOf(figures);
  }

  /**
   * One number.
   *
   * @param label what it is, such as {@code top-1, best}
   * @param value as it is shown, with its unit, such as {@code 98.72 %}
   * @param note where it comes from, such as {@code epoch 4 of 5}; may be empty
   */
  public record Figure(String label, String value, String note) {}

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "figures");
    for (Figure figure : figures) {
      html.line().open("div", "class", "figure");
      html.leaf("div", figure.label(), "class", "label");
      html.leaf("div", figure.value(), "class", "value");
      html.leaf("div", figure.note(), "class", "note").close();
    }
    return html.close().toString();
  }
}
