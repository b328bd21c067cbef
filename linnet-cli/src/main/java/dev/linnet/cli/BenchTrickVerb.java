package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import dev.linnet.recipe.Tricks;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.train.FeatureTrick;
import dev.linnet.train.bench.StepBench;
import dev.linnet.train.bench.StepTimes;
import dev.linnet.train.bench.TrickBench;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench trick}: times what a trick adds to a step. */
@Command(
    name = "trick",
    header = "times what a trick adds to a step",
    description =
        "Drawing and applying on random pictures; of a trick on features also its backward pass,"
            + " on the maps of a network. Divide by the step of \"linnet bench train\".",
    footer = {
      "  linnet bench trick cutmix --batch 16 --size 224 --json",
      "  linnet bench trick manifold_mixup --model resnet50 --dtype bf16",
    })
final class BenchTrickVerb implements Callable<Integer> {
  private static final StepBench.Warmup WARMUP = new StepBench.Warmup(10, 2);

  @Parameters(paramLabel = "NAME", description = "a trick of a recipe, with its defaults")
  private String name = "";

  @Option(names = "--model", paramLabel = "NAME", description = "whose maps; default resnet50")
  private String model = "resnet50";

  @Option(names = "--batch", paramLabel = "N", description = "pictures a step; default 16")
  private int batch = 16;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "height and width in pixels; default 224")
  private int size = 224;

  @Option(names = "--steps", paramLabel = "N", description = "steps that count; default 100")
  private int steps = 100;

  private final Session session;

  BenchTrickVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Device device = session.device();
    DType dtype = session.trainingType(device);
    TrickBench.Plan plan = new TrickBench.Plan(model, batch, size, device, dtype, steps, WARMUP);
    StepTimes times = times(Tricks.named(name), plan);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("verb", "trick");
    row.put("trick", name);
    row.put("batch", batch);
    row.put("size", size);
    row.put("dtype", dtype.toString());
    row.put("ms", BenchVerb.rounded(times.ms(), 3));
    row.put("min_ms", BenchVerb.rounded(times.minMs(), 3));
    row.put("threads", Engine.threads());
    row.put("torch", Engine.version());
    return BenchVerb.answer(session, row);
  }

  private StepTimes times(Tricks tricks, TrickBench.Plan plan) {
    if (!tricks.ofBatches().isEmpty()) {
      return TrickBench.run(tricks.ofBatches().get(0), plan);
    }
    FeatureTrick<?> trick =
        tricks
            .ofFeatures()
            .orElseThrow(
                () ->
                    new LinnetException(
                        "trick: got \""
                            + name
                            + "\"; must be one that changes batches or features; others cost"
                            + " what \"linnet bench train\" and \"linnet bench data\" say"));
    return TrickBench.run(trick, plan);
  }
}
