package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.models.Memory;
import dev.linnet.models.Zoo;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.LoadYield;
import dev.linnet.train.bench.Machine;
import dev.linnet.train.bench.StepBench;
import dev.linnet.train.bench.StepProfile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench train}: times training steps, and says where they go. */
@Command(
    name = "train",
    header = "times training steps",
    description =
        "Forward, loss with label smoothing 0.1, backward and update on random pictures, in mixed"
            + " precision. --profile shows what operators and layers take, beside the best that"
            + " \"linnet bench machine\" measures; docs/profile.md reads one.",
    footer = {
      "  linnet bench train resnet50 --batch 16 --size 224 --dtype bf16",
      "  linnet bench train resnet20 --batch 128 --json",
      "  linnet bench train resnet50 --profile --depth 3 --trace step.json",
    })
final class BenchTrainVerb implements Callable<Integer> {
  /** What updates the weights. */
  enum Kind {
    SGD,
    ADAMW
  }

  private static final int USUAL_DEPTH = 2;

  @Mixin private StepsArgument options = new StepsArgument();

  @Option(names = "--optimizer", paramLabel = "NAME", description = "sgd (default) or adamw")
  private Kind optimizer = Kind.SGD;

  @Option(names = "--no-fused", description = "libtorch's own operators alone, for comparison")
  private boolean plain;

  @Option(names = "--yield", description = "leave cores that other programs use to them")
  private boolean yields;

  @Option(
      names = "--memory",
      paramLabel = "HOW",
      description = "usual (default); low: blocks are computed again on the way back")
  private Memory memory = Memory.USUAL;

  @Option(names = "--profile", description = "a table of what operators and layers take")
  private boolean profile;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description = "parts of a layer's name in the table of --profile; default 2")
  private @Nullable Integer depth;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "with --profile: a step for chrome://tracing and ui.perfetto.dev")
  private @Nullable Path trace;

  private final Session session;

  BenchTrainVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    StepBench.Work work =
        switch (optimizer) {
          case SGD -> StepBench.Work.TRAIN_SGD;
          case ADAMW -> StepBench.Work.TRAIN_ADAMW;
        };
    check();
    return plain ? Fusion.off(() -> run(work)) : run(work);
  }

  private void check() {
    if (!profile && (trace != null || depth != null)) {
      throw new AskedWrongly(
          (trace != null ? "--trace" : "--depth") + ": goes with --profile alone; add it");
    }
    if (profile && yields) {
      throw new AskedWrongly("--yield: does not go with --profile; leave one of them out");
    }
    if (profile && memory == Memory.LOW) {
      throw new AskedWrongly("--memory low: does not go with --profile; leave one of them out");
    }
    if (depth != null) {
      Check.that(depth >= 1, "--depth", depth, "at least 1");
    }
    if (trace != null) {
      NewFile.explicit("--trace", trace);
    }
  }

  private int run(StepBench.Work work) {
    if (!profile) {
      session.device(); // sets the threads
      Runnable between = yields ? new LoadYield(Engine.threads())::settle : () -> {};
      return BenchVerb.answer(session, about(options.train(work, memory, between, session)));
    }
    StepBench.Plan plan = options.plan(session);
    Zoo.find(plan.model());
    StepProfile found = StepBench.profile(work, plan, Machine.measure());
    Path file = trace;
    if (file != null) {
      ByteBuffer text = UTF_8.encode(Json.write(found.trace()));
      AtomicFile.write(file, channel -> channel.write(text));
    }
    Map<String, Object> row = about(options.row("train", plan, found.plain()));
    ProfileTables tables = new ProfileTables(found, depth == null ? USUAL_DEPTH : depth);
    row.putAll(tables.facts());
    if (session.output().isJson()) {
      row.put("profile", tables.json());
      return BenchVerb.answer(session, row);
    }
    BenchVerb.answer(session, row);
    tables.print(session.output());
    return Failures.DONE;
  }

  private Map<String, Object> about(Map<String, Object> row) {
    row.put("fused", plain ? "none" : Fusion.provider().orElse("none"));
    row.put("memory", memory.name().toLowerCase(Locale.ROOT));
    row.put("optimizer", optimizer.name().toLowerCase(Locale.ROOT));
    return row;
  }
}
