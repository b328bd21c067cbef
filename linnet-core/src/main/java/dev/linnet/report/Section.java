package dev.linnet.report;

/** A part of a page. Its texts may hold anything: they are escaped. */
public sealed interface Section
    permits ClassTable,
        Confusions,
        Curves,
        Facts,
        Figures,
        Gains,
        Gallery,
        Listing,
        Mistakes,
        Notes,
        Overlays,
        PictureMap,
        Table,
        Tradeoff {
  /** The part as markup: well-formed, without scripts that run, with nothing to load. */
  String html();

  /** The script that the part needs, once on its page; mostly none. The page allows no other. */
  default String script() {
    return "";
  }
}
