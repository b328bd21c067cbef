package dev.linnet.report;

import java.util.List;
import java.util.Locale;

/** Pictures that the network got wrong and was sure of, with what it said. */
public record Mistakes(List<Mistake> mistakes) implements Section {
  public Mistakes {
    mistakes = List.copyOf(mistakes);
  }

  /**
   * One picture.
   *
   * @param picture its name, such as its path in the data set
   * @param truth its class
   * @param predicted the class that the network gave it
   * @param probability of the class given, in [0, 1]
   * @param thumbnail the picture; a side of 96 to 160 pixels is enough
   */
  public record Mistake(
      String picture, String truth, String predicted, double probability, Image thumbnail) {}

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", "Worst mistakes");
    if (mistakes.isEmpty()) {
      return html.leaf("p", "None.", "class", "about").close().toString();
    }
    html.leaf("p", "Wrong answers that the network was most sure of.", "class", "about");
    html.open("div", "class", "mistakes");
    for (Mistake mistake : mistakes) {
      html.line().open("figure");
      html.empty(
          "img",
          "alt",
          "picture of " + mistake.truth(),
          "class",
          mistake.thumbnail().width() < 64 ? "pixels" : "photo",
          "src",
          mistake.thumbnail().source());
      html.open("figcaption");
      html.open("div").text("is ").leaf("b", mistake.truth(), "class", "good").close();
      html.open("div").text("said ").leaf("b", mistake.predicted(), "class", "bad");
      html.text(String.format(Locale.ROOT, " %.1f %%", 100 * mistake.probability())).close();
      html.leaf("div", mistake.picture(), "class", "path");
      html.close().close();
    }
    return html.close().close().toString();
  }
}
