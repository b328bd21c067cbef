package dev.linnet.cli;

import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.bench.Machine;
import dev.linnet.train.bench.PeakMemory;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bench}: speed and memory on this machine. */
@Command(
    name = "bench",
    header = "measures speed and memory of training, inference, data and start-up",
    description =
        "The same nets, shapes and steps as the PyTorch scripts that Linnet is compared with. "
            + "Nothing else should run meanwhile.",
    footer = {
      "  linnet bench train resnet50 --batch 16 --size 224 --dtype bf16",
      "  linnet bench train resnet50 --profile --trace step.json",
      "  linnet bench machine",
      "  linnet bench optimizer resnet50 --optimizer lamb",
      "  linnet bench data photos/ --workers 2",
      "  linnet bench start",
    })
final class BenchVerb implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  private BenchVerb() {}

  static CommandLine commandLine(Session session) {
    CommandLine line = new CommandLine(new BenchVerb());
    line.addSubcommand("train", new BenchTrainVerb(session));
    line.addSubcommand("infer", new BenchInferVerb(session));
    line.addSubcommand("trick", new BenchTrickVerb(session));
    line.addSubcommand("optimizer", new BenchOptimizerVerb(session));
    line.addSubcommand("data", new BenchDataVerb(session));
    line.addSubcommand("tsne", new BenchTsneVerb(session));
    line.addSubcommand("start", new Start(session));
    line.addSubcommand("machine", new MachineLimits(session));
    return line;
  }

  @Override
  public Integer call() {
    throw Failures.needsVerb(spec.commandLine());
  }

  @Command(
      name = "start",
      header = "times the start, from the process to the first tensor",
      description = "The first start ever unpacks the native libraries and takes longer.",
      footer = "  linnet bench start --json")
  private static final class Start implements Callable<Integer> {
    private final Session session;

    Start(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Scope.run("start", () -> session.output().detail("first tensor: " + Tensor.scalar(1).item()));
      Instant begin = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("verb", "start");
      row.put("s", rounded(Duration.between(begin, Instant.now()).toMillis() / 1e3, 2));
      return answer(session, row);
    }
  }

  @Command(
      name = "machine",
      header = "measures what this machine can do at best",
      description =
          "Copying memory (reading and writing both counted), matrix products and 3×3 convolutions,"
              + " by type: what \"linnet bench train --profile\" measures operators by.",
      footer = {"  linnet bench machine", "  linnet bench machine --threads 1 --json"})
  private static final class MachineLimits implements Callable<Integer> {
    private final Session session;

    MachineLimits(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (session.common().threads != null) {
        Engine.setThreads(session.common().threads);
      }
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("verb", "machine");
      row.putAll(ProfileTables.facts(Machine.measure()));
      row.put("torch", Engine.version());
      return answer(session, row);
    }
  }

  /** Prints a row of figures, and how much memory the process took at most. */
  static int answer(Session session, Map<String, Object> row) {
    row.put("rss_mb", PeakMemory.bytes() >> 20);
    if (session.output().isJson()) {
      session.output().json(row);
    } else {
      int longest = row.keySet().stream().mapToInt(String::length).max().orElse(0);
      String line = "%-" + Math.max(16, longest + 2) + "s%s";
      row.forEach((name, value) -> session.output().answer(line.formatted(name, value)));
    }
    return Failures.DONE;
  }

  /** A figure for people: so many digits behind the point. */
  static double rounded(double value, int digits) {
    return BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
  }
}
