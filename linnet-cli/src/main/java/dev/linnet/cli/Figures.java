package dev.linnet.cli;

import dev.linnet.train.Metrics;
import dev.linnet.train.OneShot;
import dev.linnet.train.SimilarityMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, for people and as JSON. */
final class Figures {
  private Figures() {}

  static String line(Metrics metrics) {
    return metrics.similarity().map(s -> line(s, metrics)).orElseGet(() -> ofClasses(metrics));
  }

  private static String line(SimilarityMetrics s, Metrics metrics) {
    return String.format(
        Locale.ROOT,
        "recall@1 %.2f %%  recall@2 %.2f %%  recall@4 %.2f %%  recall@8 %.2f %%  mAP@R %.2f %%  on"
            + " %d pictures",
        s.recallAt1(),
        s.recallAt2(),
        s.recallAt4(),
        s.recallAt8(),
        s.mapAtR(),
        metrics.images());
  }

  static String line(OneShot measured) {
    return String.format(
        Locale.ROOT,
        "one-shot accuracy %.2f %%  by pixels %.2f %%  on %d pictures of %d run%s",
        measured.accuracy(),
        measured.pixelAccuracy(),
        measured.asked(),
        measured.runs().size(),
        measured.runs().size() == 1 ? "" : "s");
  }

  static Map<String, Object> json(OneShot measured) {
    List<Map<String, Object>> runs = new ArrayList<>();
    for (OneShot.Run run : measured.runs()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("run", run.name());
      json.put("images", run.asked());
      json.put("right", run.right());
      json.put("right_by_pixels", run.rightByPixels());
      runs.add(json);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("one_shot", measured.accuracy());
    json.put("one_shot_by_pixels", measured.pixelAccuracy());
    json.put("images", measured.asked());
    json.put("runs", runs);
    return json;
  }

  private static String ofClasses(Metrics metrics) {
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
    metrics
        .similarity()
        .ifPresentOrElse(
            s -> {
              json.put("recall_at_1", s.recallAt1());
              json.put("recall_at_2", s.recallAt2());
              json.put("recall_at_4", s.recallAt4());
              json.put("recall_at_8", s.recallAt8());
              json.put("map_at_r", s.mapAtR());
            },
            () -> {
              json.put("top1", metrics.top1());
              json.put("top5", metrics.top5());
              json.put("loss", metrics.loss());
            });
    json.put("images", metrics.images());
    json.put("seconds", metrics.seconds());
    json.put("images_per_s", metrics.imagesPerSecond());
    return json;
  }
}
