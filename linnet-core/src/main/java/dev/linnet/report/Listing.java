package dev.linnet.report;

/** A text as it stands in a file, such as a recipe. */
public record Listing(String title, String text) implements Section {
  @Override
  public String html() {
    return new Html()
        .open("section", "class", "card")
        .leaf("h2", title)
        .line()
        .leaf("pre", text)
        .close()
        .toString();
  }
}
