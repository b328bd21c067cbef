package dev.linnet.cli;

import dev.linnet.models.Memory;
import dev.linnet.models.Zoo;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.train.bench.StepBench;
import dev.linnet.train.bench.StepTimes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which steps of which network are timed. */
final class StepsArgument {
  @Parameters(
      paramLabel = "NAME",
      completionCandidates = Names.OfModels.class,
      description = "network; \"linnet models\" lists them")
  String model = "";

  @Option(names = "--batch", paramLabel = "N", description = "pictures a step; default 16")
  int batch = 16;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "height and width in pixels; default 224, small nets as published")
  @Nullable Integer size;

  @Option(names = "--steps", paramLabel = "N", description = "steps that count; default 10")
  int steps = 10;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "steps before; default: at least 3, for 5 s, as the JVM compiles meanwhile")
  @Nullable Integer warmup;

  private static final int USUAL_SIZE = 224;

  Map<String, Object> train(StepBench.Work work, Memory memory, Runnable between, Session session) {
    StepBench.Plan plan = plan(session, memory);
    return row("train", plan, StepBench.run(work, plan, between));
  }

  StepBench.Plan plan(Session session) {
    return plan(session, Memory.USUAL);
  }

  private StepBench.Plan plan(Session session, Memory memory) {
    int published = Zoo.find(model).published().preprocessing().input().height();
    int pixels = size == null ? Math.min(published, USUAL_SIZE) : size;
    Device device = session.device();
    DType dtype = session.trainingType(device);
    StepBench.Warmup before =
        warmup == null ? StepBench.Warmup.DEFAULT : StepBench.Warmup.ofSteps(warmup);
    return new StepBench.Plan(model, batch, pixels, device, dtype, steps, before, memory);
  }

  Map<String, Object> row(String verb, StepBench.Plan plan, StepTimes times) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("verb", verb);
    row.put("model", model);
    row.put("batch", batch);
    row.put("size", plan.size());
    row.put("dtype", plan.dtype().toString());
    row.put("ms", BenchVerb.rounded(times.ms(), 2));
    row.put("min_ms", BenchVerb.rounded(times.minMs(), 2));
    row.put("images_per_s", BenchVerb.rounded(times.imagesPerSecond(), 1));
    row.put("warmup_s", BenchVerb.rounded(times.warmupSeconds(), 2));
    row.put("threads", Engine.threads());
    row.put("torch", Engine.version());
    return row;
  }
}
