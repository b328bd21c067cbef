package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.data.DataSource;
import dev.linnet.data.Holdout;
import dev.linnet.data.PictureCache;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.explain.Pca;
import dev.linnet.explain.TSne;
import dev.linnet.models.Zoo;
import dev.linnet.recipe.OptimizerRecipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.Tricks;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.LoadYield;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;
import dev.linnet.train.FeatureTrick;
import dev.linnet.train.bench.DataBench;
import dev.linnet.train.bench.Machine;
import dev.linnet.train.bench.OptimizerBench;
import dev.linnet.train.bench.PeakMemory;
import dev.linnet.train.bench.StepBench;
import dev.linnet.train.bench.StepProfile;
import dev.linnet.train.bench.StepTimes;
import dev.linnet.train.bench.TrickBench;
import dev.linnet.tricks.RandAugment;
import dev.linnet.tricks.RandomErasing;
import dev.linnet.tricks.WarpFilter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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
    line.addSubcommand("train", new TrainSteps(session));
    line.addSubcommand("infer", new InferSteps(session));
    line.addSubcommand("trick", new Trick(session));
    line.addSubcommand("optimizer", new Updates(session));
    line.addSubcommand("data", new DataReading(session));
    line.addSubcommand("tsne", new Maps(session));
    line.addSubcommand("start", new Start(session));
    line.addSubcommand("machine", new MachineLimits(session));
    return line;
  }

  @Override
  public Integer call() {
    throw Failures.needsVerb(spec.commandLine());
  }

  /** What timing steps takes. */
  private static final class StepOptions {
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

    Map<String, Object> train(StepBench.Work work, Runnable between, Session session) {
      StepBench.Plan plan = plan(session);
      return row("train", plan, StepBench.run(work, plan, between));
    }

    StepBench.Plan plan(Session session) {
      int published = Zoo.find(model).published().preprocessing().input().height();
      int pixels = size == null ? Math.min(published, USUAL_SIZE) : size;
      Device device = session.device();
      DType dtype = session.trainingType(device);
      StepBench.Warmup before =
          warmup == null ? StepBench.Warmup.DEFAULT : StepBench.Warmup.ofSteps(warmup);
      return new StepBench.Plan(model, batch, pixels, device, dtype, steps, before);
    }

    Map<String, Object> row(String verb, StepBench.Plan plan, StepTimes times) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("verb", verb);
      row.put("model", model);
      row.put("batch", batch);
      row.put("size", plan.size());
      row.put("dtype", plan.dtype().toString());
      row.put("ms", rounded(times.ms(), 2));
      row.put("min_ms", rounded(times.minMs(), 2));
      row.put("images_per_s", rounded(times.imagesPerSecond(), 1));
      row.put("warmup_s", rounded(times.warmupSeconds(), 2));
      row.put("threads", Engine.threads());
      row.put("torch", Engine.version());
      return row;
    }
  }

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
  private static final class TrainSteps implements Callable<Integer> {
    /** What updates the weights. */
    enum Kind {
      SGD,
      ADAMW
    }

    private static final int USUAL_DEPTH = 2;

    @Mixin private StepOptions options = new StepOptions();

    @Option(names = "--optimizer", paramLabel = "NAME", description = "sgd (default) or adamw")
    private Kind optimizer = Kind.SGD;

    @Option(names = "--no-fused", description = "libtorch's own operators alone, for comparison")
    private boolean plain;

    @Option(names = "--yield", description = "leave cores that other programs use to them")
    private boolean yields;

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

    TrainSteps(Session session) {
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
        LoadYield yield = new LoadYield(Engine.threads());
        Runnable between = yields ? yield::settle : () -> {};
        return answer(session, about(options.train(work, between, session)));
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
        return answer(session, row);
      }
      answer(session, row);
      tables.print(session.output());
      return Failures.DONE;
    }

    private Map<String, Object> about(Map<String, Object> row) {
      row.put("fused", plain ? "none" : Fusion.provider().orElse("none"));
      row.put("optimizer", optimizer.name().toLowerCase(Locale.ROOT));
      return row;
    }
  }

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
  private static final class InferSteps implements Callable<Integer> {
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

    @Mixin private StepOptions options = new StepOptions();

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

    InferSteps(Session session) {
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
      row.put("compile_s", rounded(compiled ? inference.compileSeconds() : 0, 2));
      inference.plain().filter(why -> !plain).ifPresent(session.output()::note);
      return answer(session, row);
    }
  }

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
  private static final class Trick implements Callable<Integer> {
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

    Trick(Session session) {
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
      row.put("ms", rounded(times.ms(), 3));
      row.put("min_ms", rounded(times.minMs(), 3));
      row.put("threads", Engine.threads());
      row.put("torch", Engine.version());
      return answer(session, row);
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

  @Command(
      name = "optimizer",
      header = "times an optimizer's update of a network's parameters",
      description = "The same random gradients at each update; weight decay on all parameters.",
      footer = {
        "  linnet bench optimizer resnet50 --optimizer lamb",
        "  linnet bench optimizer resnet18 --optimizer muon --set optimizer.convolutions=true",
      })
  private static final class Updates implements Callable<Integer> {
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

    Updates(Session session) {
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
      row.put("ms", rounded(times.ms(), 2));
      row.put("min_ms", rounded(times.minMs(), 2));
      row.put("threads", Engine.threads());
      row.put("torch", Engine.version());
      return answer(session, row);
    }
  }

  @Command(
      name = "data",
      header = "times reading pictures as a training does",
      description =
          "Pictures are decoded each time (with --cache ram once), cropped at random, mirrored and"
              + " put into batches of 32;"
              + " with --augment rand also as timm's rand-m9-mstd0.5 and its random erasing of a"
              + " quarter.",
      footer = {
        "  linnet bench data photos/ --workers 2 --size 224",
        "  linnet bench data photos/ --cache ram",
        "  linnet bench data photos/train --seconds 60 --json",
      })
  private static final class DataReading implements Callable<Integer> {
    /** What is done to the pictures. */
    enum Augment {
      PLAIN,
      RAND
    }

    @Mixin private DataArgument data = new DataArgument();

    @Option(names = "--workers", paramLabel = "N", description = "threads that read; default 2")
    private int workers = 2;

    @Option(
        names = "--size",
        paramLabel = "N",
        description = "height and width in pixels; default 224")
    private int size = 224;

    @Option(names = "--seconds", paramLabel = "S", description = "how long; default 20")
    private double seconds = 20;

    @Option(
        names = "--cache",
        paramLabel = "WHERE",
        description = "off (default): decoded each time; ram, disk or auto: decoded once and kept")
    private PictureCache.Where cache = PictureCache.Where.OFF;

    @Option(
        names = "--augment",
        paramLabel = "HOW",
        description = "plain (default): crop and mirror; rand: RandAugment and random erasing too")
    private Augment augment = Augment.PLAIN;

    private final Session session;

    DataReading(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      DataBench.Plan plan = plan();
      DataSource source =
          data.open(session, DataArgument.options(session).withHoldout(Holdout.NONE));
      PictureSet set = source.set(Split.TRAIN).orElseGet(source::evaluated);
      Engine.setThreads(session.common().threads == null ? 1 : session.common().threads);
      double rate;
      try (PictureCache pictures = DataBench.cache(kept())) {
        PictureSet kept = pictures.keep(set, "pictures");
        pictures.notes().forEach(session.output()::note);
        rate = DataBench.picturesPerSecond(kept, plan, session.output()::warn);
      }
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("verb", "data");
      row.put("images_per_s", rounded(rate, 1));
      row.put("workers", workers);
      row.put("size", size);
      row.put("augment", augment.name().toLowerCase(Locale.ROOT));
      row.put("cache", cache.name().toLowerCase(Locale.ROOT));
      return answer(session, row);
    }

    private PictureCache.Options kept() {
      return new PictureCache.Options(
          cache, OrAuto.auto(), Places.of(session.shell().environment()).cache());
    }

    private DataBench.Plan plan() {
      DataBench.Plan plain = DataBench.Plan.plain(workers, size, seconds);
      return switch (augment) {
        case PLAIN -> plain;
        case RAND ->
            plain.withTricks(
                List.of(
                    RandAugment.timm(9, 0.5)
                        .withIncreasing(false)
                        .withInterpolation(WarpFilter.BILINEAR)),
                List.of(RandomErasing.DEFAULT.withProbability(0.25)));
      };
    }
  }

  @Command(
      name = "tsne",
      header = "times t-SNE and principal components of a table of features",
      footer = {
        "  linnet embed runs/photos --data photos/ --out features.safetensors",
        "  linnet bench tsne features.safetensors --points 10000",
      })
  private static final class Maps implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "features as \"linnet embed\" writes them")
    private Path file = Path.of("");

    @Option(names = "--points", paramLabel = "N", description = "rows to take; default: all")
    private @Nullable Integer points;

    @Option(names = "--perplexity", paramLabel = "P", description = "default 30")
    private double perplexity = TSne.DEFAULT.perplexity();

    private final Session session;

    Maps(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      FeatureTable all = FeatureTable.load(file);
      int rows = points == null ? all.rows() : Math.min(points, all.rows());
      FeatureTable table = all.select(IntStream.range(0, rows).toArray());
      if (session.common().threads != null) {
        Engine.setThreads(session.common().threads);
      }
      long begin = System.nanoTime();
      Pca pca = Pca.of(table, Math.min(2, table.width()));
      double componentsSeconds = (System.nanoTime() - begin) / 1e9;
      begin = System.nanoTime();
      TSne.Result result =
          TSne.DEFAULT
              .withPerplexity(perplexity)
              .map(
                  table,
                  (done, of, divergence) ->
                      session
                          .output()
                          .progress("%d of %d iterations, %.4f".formatted(done, of, divergence)));
      double seconds = (System.nanoTime() - begin) / 1e9;
      session.output().eraseProgress();
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("verb", "tsne");
      row.put("points", rows);
      row.put("width", table.width());
      row.put("seconds", rounded(seconds, 2));
      row.put("divergence", rounded(result.divergence(), 5));
      row.put("iterations", result.iterations());
      row.put("trustworthiness", rounded(result.map().trustworthiness(table, 5), 5));
      row.put("pca_seconds", rounded(componentsSeconds, 3));
      row.put("pca_share", rounded(pca.share(0), 4));
      row.put("threads", Engine.threads());
      return answer(session, row);
    }
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

  private static int answer(Session session, Map<String, Object> row) {
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

  static double rounded(double value, int digits) {
    return BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
  }
}
