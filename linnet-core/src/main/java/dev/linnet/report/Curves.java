package dev.linnet.report;

import java.util.List;

/** Charts side by side. */
public record Curves(List<Chart> charts) implements Section {
  public Curves {
    charts = List.copyOf(charts);
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "charts");
    for (Chart chart : charts) {
      html.line().open("div", "class", "card").leaf("h2", chart.title());
      new ChartSvg(chart).appendTo(html);
      html.close();
    }
    return html.close().toString();
  }
}
