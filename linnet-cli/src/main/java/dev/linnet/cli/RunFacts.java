package dev.linnet.cli;

import dev.linnet.data.PictureSet;
import dev.linnet.data.Split;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.Recipe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a planned training comes to, for people and as JSON. */
record RunFacts(Experiment experiment, Map<String, Integer> pictures) {
  private static final double MILLION = 1e6;
  private static final double GIGA = 1e9;

  static RunFacts of(Experiment experiment) {
    Map<String, Integer> pictures = new LinkedHashMap<>();
    pictures.put("train", experiment.training().size());
    experiment.data().choosing().ifPresent(set -> pictures.put("val", set.size()));
    experiment.data().set(Split.TEST).map(PictureSet::size).ifPresent(n -> pictures.put("test", n));
    return new RunFacts(experiment, pictures);
  }

  List<String> lines() {
    Recipe recipe = experiment.recipe();
    List<String> parts = new ArrayList<>();
    pictures.forEach((split, count) -> parts.add(count + " " + split));
    return List.of(
        "data: %s (%s), %s pictures of %d classes"
            .formatted(
                experiment.data().name(),
                experiment.data().layout(),
                String.join(", ", parts),
                experiment.classes().size()),
        String.format(
            Locale.ROOT,
            "model: %s, input %s, %.2f M parameters, %.2f M MACs a picture",
            recipe.model().value(),
            experiment.cost().input(),
            experiment.cost().parameters() / MILLION,
            experiment.cost().macs() / MILLION),
        "training: %d epochs, %d updates of %d pictures, %s on %s with %d threads, seed %d; about %s"
            .formatted(
                recipe.epochs().value(),
                experiment.updates(),
                recipe.picturesPerUpdate(),
                recipe.dtype().value(),
                experiment.device(),
                recipe.threads().value(),
                recipe.seed(),
                Durations.show(experiment.chosen().seconds())),
        String.format(
            Locale.ROOT, "memory: about %.1f GB", experiment.memory().totalBytes() / GIGA));
  }

  Map<String, Object> json() {
    Recipe recipe = experiment.recipe();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("data", experiment.data().name());
    json.put("pictures", pictures);
    json.put("classes", experiment.classes());
    json.put("model", recipe.model().value());
    json.put("parameters", experiment.cost().parameters());
    json.put("macs", experiment.cost().macs());
    json.put("epochs", recipe.epochs().value());
    json.put("batch", recipe.batch().value());
    json.put("updates", experiment.updates());
    json.put("dtype", recipe.dtype().value().toString());
    json.put("device", experiment.device().toString());
    json.put("threads", recipe.threads().value());
    json.put("seconds", experiment.chosen().seconds());
    json.put("memory_bytes", experiment.memory().totalBytes());
    return json;
  }
}
