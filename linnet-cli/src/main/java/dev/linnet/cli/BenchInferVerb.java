package dev.linnet.cli;

import dev.linnet.tensor.Fusion;
import dev.linnet.train.bench.StepBench;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench infer}: times forward passes. */
@Command(
    name = "infer",
    header = "times forward passes",
    description =
        "Forward passes in evaluation mode on random pictures, compiled as \"linnet predict\" and"
            + " \"linnet eval\" do.",
    footer = {
      "  linnet bench infer resnet50 --mode throughput --dtype bf16",
      "  linnet bench infer resnet50 --mode latency --dtype fp32 --json",
      "  linnet bench infer lenet5 --batch 1 --dtype fp32 --threads 1",
    })
final class BenchInferVerb implements Callable<Integer> {
  /** What is asked for. */
  enum Mode {
    LATENCY(1, 100),
    THROUGHPUT(32, 10);

    private final int batch;
    private final int steps;

    Mode(int batch, int steps) {
      this.batch = batch;
      this.steps = steps;
    }
  }

  @Mixin private StepsArgument options = new StepsArgument();

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description =
          "latency: 100 steps of one picture; throughput: 10 steps of 32; instead of --batch and"
              + " --steps")
  private @Nullable Mode mode;

  @Option(names = "--no-fused", description = "libtorch's own operators alone, for comparison")
  private boolean plain;

  private final Session session;

  BenchInferVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (mode != null) {
      options.batch = mode.batch;
      options.steps = mode.steps;
    }
    StepBench.Plan plan = options.plan(session);
    StepBench.Inference inference =
        plain ? Fusion.off(() -> StepBench.infer(plan)) : StepBench.infer(plan);
    Map<String, Object> row = options.row("infer", plan, inference.times());
    boolean compiled = inference.plain().isEmpty();
    row.put("fused", compiled ? Fusion.provider().orElse("none") : "none");
    row.put("compile_s", BenchVerb.rounded(compiled ? inference.compileSeconds() : 0, 2));
    inference.plain().filter(why -> !plain).ifPresent(session.output()::note);
    return BenchVerb.answer(session, row);
  }
}
