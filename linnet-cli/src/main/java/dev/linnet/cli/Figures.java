package dev.linnet.cli;

import dev.linnet.train.Metrics;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What was measured, for people and as JSON. */
final class Figures {
  private Figures() {}

  static String line(Metrics metrics) {
    return String.format(
        Locale.ROOT,
        "top-1 %.2f %%  top-5 %.2f %%  loss %.4f  on %d pictures",
        metrics.top1(),
        metrics.top5(),
        metrics.loss(),
        metrics.images());
  }

  static Map<String, Object> json(Metrics metrics) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("top1", metrics.top1());
    json.put("top5", metrics.top5());
    json.put("loss", metrics.loss());
    json.put("images", metrics.images());
    json.put("seconds", metrics.seconds());
    json.put("images_per_s", metrics.imagesPerSecond());
    return json;
  }
}
