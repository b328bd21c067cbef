package dev.linnet.cli;

import dev.linnet.recipe.OptimizerRecipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.tensor.Engine;
import dev.linnet.train.bench.OptimizerBench;
import dev.linnet.train.bench.StepBench;
import dev.linnet.train.bench.StepTimes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench optimizer}: times an optimizer's update. */
@Command(
    name = "optimizer",
    header = "times an optimizer's update of a network's parameters",
    description = "The same random gradients at each update; weight decay on all parameters.",
    footer = {
      "  linnet bench optimizer resnet50 --optimizer lamb",
      "  linnet bench optimizer resnet18 --optimizer muon --set optimizer.convolutions=true",
    })
final class BenchOptimizerVerb implements Callable<Integer> {
  private static final StepBench.Warmup WARMUP = new StepBench.Warmup(5, 2);

  /** Where a recipe leaves the decay to the data. */
  private static final double USUAL_DECAY = 1e-4;

  @Parameters(
      paramLabel = "NAME",
      completionCandidates = Names.OfModels.class,
      description = "network; \"linnet models\" lists them")
  private String model = "";

  @Option(names = "--optimizer", paramLabel = "NAME", description = "as in a recipe; default sgd")
  private String optimizer = "sgd";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "a key of a recipe, such as optimizer.momentum=0")
  private List<String> sets = List.of();

  @Option(names = "--steps", paramLabel = "N", description = "updates that count; default 20")
  private int steps = 20;

  private final Session session;

  BenchOptimizerVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<String> keys = new ArrayList<>(List.of("optimizer.name=" + optimizer, "schedule.lr=1"));
    keys.addAll(sets);
    OptimizerRecipe recipe =
        RecipeReader.create().read("plain", Map.of(), keys).recipe().optimizer();
    OptimizerBench.Plan plan =
        new OptimizerBench.Plan(
            model,
            session.device(),
            recipe.weightDecay().orElse(USUAL_DECAY),
            recipe.usualLr(),
            steps,
            WARMUP);
    StepTimes times =
        OptimizerBench.run(
            net -> recipe.config(new OptimizerRecipe.Setting(steps, net.headNames())), plan);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("verb", "optimizer");
    row.put("model", model);
    row.put("optimizer", optimizer);
    row.put("ms", BenchVerb.rounded(times.ms(), 2));
    row.put("min_ms", BenchVerb.rounded(times.minMs(), 2));
    row.put("threads", Engine.threads());
    row.put("torch", Engine.version());
    return BenchVerb.answer(session, row);
  }
}
