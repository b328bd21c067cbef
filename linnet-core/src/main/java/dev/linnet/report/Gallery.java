package dev.linnet.report;

import java.util.List;

/**
 * Pictures in rows, each row with a name.
 *
 * @param about sentences below the title; may be empty
 * @param size how large each picture is shown
 * @param rows from top to bottom
 */
public record Gallery(String title, String about, Size size, List<Row> rows) implements Section {
  public Gallery {
    rows = List.copyOf(rows);
  }

  /** How large a picture is shown. */
  public enum Size {
    /** 64 pixels. */
    SMALL,
    /** 96 pixels. */
    MEDIUM,
    /** As large as it is, at most as wide as the page. */
    WHOLE
  }

  /** What is said of a picture by its color. */
  public enum Mark {
    NONE,
    GOOD,
    BAD
  }

  /**
   * Some pictures.
   *
   * @param name above them; may be empty
   */
  public record Row(String name, List<Item> items) {
    public Row {
      items = List.copyOf(items);
    }
  }

  /**
   * A picture.
   *
   * @param caption below it; may be empty
   * @param details shown while the pointer is on it; may be empty
   */
  public record Item(Image image, String caption, String details, Mark mark) {
    /** Without a mark and details. */
    public static Item of(Image image, String caption) {
      return new Item(image, caption, "", Mark.NONE);
    }
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", title);
    if (!about.isEmpty()) {
      html.leaf("p", about, "class", "about");
    }
    for (Row row : rows) {
      html.line();
      if (!row.name().isEmpty()) {
        html.leaf("h3", row.name());
      }
      html.open("div", "class", "strip " + name(size));
      row.items().forEach(item -> add(html, item));
      html.close();
    }
    return html.close().toString();
  }

  private static String name(Size size) {
    return switch (size) {
      case SMALL -> "small";
      case MEDIUM -> "medium";
      case WHOLE -> "whole";
    };
  }

  private static void add(Html html, Item item) {
    html.open("figure", "class", "marked " + item.mark().name().toLowerCase(java.util.Locale.ROOT));
    String pixels = item.image().width() < 48 ? "pixels" : "photo";
    String alt = item.caption().isEmpty() ? "picture" : item.caption();
    html.empty(
        "img",
        "alt",
        alt,
        "title",
        item.details(),
        "class",
        pixels,
        "width",
        String.valueOf(item.image().width()),
        "height",
        String.valueOf(item.image().height()),
        "src",
        item.image().source());
    if (!item.caption().isEmpty()) {
      html.leaf("figcaption", item.caption());
    }
    html.close();
  }
}
