package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.Holdout;
import dev.linnet.data.Places;
import dev.linnet.data.ShardWriter;
import dev.linnet.models.Memory;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.testing.Team;
import dev.linnet.train.Evaluator;
import dev.linnet.train.RunFolder;
import dev.linnet.train.Trainer;
import dev.linnet.train.TrainingListener;
import dev.linnet.train.TrainingResult;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs of several processes, which are threads here. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SeveralProcessesRunTest {
  @TempDir private Path folder;

  private static Experiment.Surroundings surroundings() {
    return new Experiment.Surroundings(
        Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of()));
  }

  private static Experiment plan(Map<String, String> options, String... sets) {
    return Experiment.plan(
        RecipeReader.create().read("quick", options, List.of(sets)), surroundings());
  }

  private static final Map<String, String> SHORT =
      Map.of("epochs", "2", "limit", "61", "dtype", "fp32", "threads", "1", "workers", "1");

  private TrainingRun run(Experiment experiment, String name, ProcessGroup group) {
    Path place = folder.resolve(name);
    RunFolder run =
        group.isFirst() && !Files.exists(place) ? RunFolder.create(place) : new RunFolder(place);
    return new TrainingRun(experiment, run, List.of("test"), w -> {}, group);
  }

  @Test
  void two_processes_learn_what_one_learns_and_one_of_them_writes() throws IOException {
    TrainingRun.Outcome one;
    try (TrainingRun run = run(plan(SHORT), "one", ProcessGroup.single())) {
      one = run.train(TrainingRun.Start.NEW);
    }
    List<TrainingRun.Outcome> two =
        Team.of(
            2,
            group -> {
              try (TrainingRun run = run(plan(SHORT), group.isFirst() ? "two" : "none", group)) {
                return run.train(TrainingRun.Start.NEW);
              }
            });
    assertThat(folder.resolve("none")).doesNotExist();
    try (Stream<Path> files = Files.list(folder.resolve("two"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .contains("model.safetensors", "summary.json", "report.html", "metrics.csv");
    }
    for (TrainingRun.Outcome outcome : two) {
      for (int epoch = 0; epoch < 2; epoch++) {
        assertThat(outcome.result().epochs().get(epoch).trainLoss())
            .isCloseTo(one.result().epochs().get(epoch).trainLoss(), within(1e-5));
        assertThat(outcome.result().epochs().get(epoch).validation().orElseThrow().loss())
            .isCloseTo(
                one.result().epochs().get(epoch).validation().orElseThrow().loss(), within(1e-5));
      }
      Evaluator.Report report = outcome.test().orElseThrow();
      Evaluator.Report whole = one.test().orElseThrow();
      assertThat(report.metrics().images()).isEqualTo(whole.metrics().images());
      assertThat(report.metrics().top1()).isCloseTo(whole.metrics().top1(), within(0.4));
      assertThat(report.metrics().loss()).isCloseTo(whole.metrics().loss(), within(1e-4));
      assertThat(report.mistakes().stream().map(Evaluator.Answer::index).limit(5))
          .isEqualTo(whole.mistakes().stream().map(Evaluator.Answer::index).limit(5).toList());
      assertThat(report.calibration().error()).isCloseTo(whole.calibration().error(), within(1e-2));
      long counted = 0;
      for (long[] row : report.confusion().counts()) {
        for (long cell : row) {
          counted += cell;
        }
      }
      assertThat(counted).isEqualTo(whole.metrics().images());
    }
    assertThat(Files.readString(folder.resolve("two/environment.json")))
        .contains("\"processes\" : 2");
  }

  @ParameterizedTest
  @EnumSource
  void two_processes_that_compute_blocks_again_learn_what_two_that_keep_all_do(Trainer.Norms norms)
      throws IOException {
    Map<String, String> options = new HashMap<>(SHORT);
    options.putAll(Map.of("model", "resnet20", "size", "16", "limit", "14", "batch", "32"));
    String set = "parallel.batch_norm=" + norms.name().toLowerCase(Locale.ROOT);
    Map<Memory, List<Double>> losses = new LinkedHashMap<>();
    for (Memory memory : Memory.values()) {
      String name = memory.name().toLowerCase(Locale.ROOT);
      options.put("memory", name);
      List<TrainingResult> two =
          Team.of(
              2,
              group -> {
                try (TrainingRun run = run(plan(options, set), name, group)) {
                  return run.train(TrainingRun.Start.NEW).result();
                }
              });
      assertThat(two).allMatch(r -> r.updates() > 4);
      losses.put(
          memory,
          two.stream()
              .flatMap(r -> r.epochs().stream())
              .flatMap(e -> Stream.of(e.trainLoss(), e.validation().orElseThrow().loss()))
              .toList());
    }
    assertThat(losses.get(Memory.LOW)).isEqualTo(losses.get(Memory.USUAL)).hasSize(8);
    assertThat(folder.resolve("low/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("usual/model.safetensors"));
  }

  @Test
  void a_run_of_two_stops_when_one_is_asked_to_and_goes_on_with_three() {
    List<TrainingResult> stopped =
        Team.of(
            2,
            group -> {
              try (TrainingRun run = run(plan(SHORT), "run", group)) {
                if (!group.isFirst()) {
                  run.listen(
                      new TrainingListener() {
                        @Override
                        public void stepped(Step step) {
                          if (step.update() == 3) {
                            run.requestStop();
                          }
                        }
                      });
                }
                return run.train(TrainingRun.Start.NEW).result();
              }
            });
    assertThat(stopped)
        .allMatch(r -> r.end() == TrainingResult.End.INTERRUPTED && r.updates() == 4);
    assertThatThrownBy(
            () ->
                Team.of(
                    2,
                    group -> {
                      try (TrainingRun run = run(plan(SHORT), "run", group)) {
                        return run.train(
                            group.isFirst() ? TrainingRun.Start.RESUME : TrainingRun.Start.NEW);
                      }
                    }))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "resume: process 1 stands at update 0 and process 0 at 4; all need the same folder of"
                + " the run");
    List<TrainingResult> ended =
        Team.of(
            3,
            group -> {
              RunFolder folder = RunFolder.open(this.folder.resolve("run"));
              Experiment again =
                  Experiment.planAgain(
                      RecipeReader.create().read(folder.recipe().toString()),
                      surroundings(),
                      folder);
              try (TrainingRun run = run(again, "run", group)) {
                return run.train(TrainingRun.Start.RESUME).result();
              }
            });
    TrainingRun.Outcome one;
    try (TrainingRun run = run(plan(SHORT), "one", ProcessGroup.single())) {
      one = run.train(TrainingRun.Start.NEW);
    }
    for (TrainingResult result : ended) {
      assertThat(result.end()).isEqualTo(TrainingResult.End.FINISHED);
      assertThat(result.updates()).isEqualTo(one.result().updates());
      assertThat(result.epochs().get(1).trainLoss())
          .as("as if it had never stopped, with one process")
          .isCloseTo(one.result().epochs().get(1).trainLoss(), within(1e-4));
    }
  }

  /** Packed shards of 130 training pictures and 30 to choose by, read through in each epoch. */
  private Map<String, String> packed() throws IOException {
    Path plain = folder.resolve("plain");
    Path packed = Files.createDirectories(folder.resolve("packed"));
    ShardWriter.write(
        DataSources.open(
            "digits",
            DataOptions.of(Places.of(Map.of())).withLimit(16).withHoldout(Holdout.of(0.1875))),
        plain,
        new ShardWriter.Options(50, 1 << 20, true, 0),
        line -> {});
    try (Stream<Path> tars = Files.list(plain)) {
      for (Path tar : tars.toList()) {
        Path to =
            packed.resolve(tar.getFileName() + (tar.toString().endsWith(".tar") ? ".gz" : ""));
        try (OutputStream file = Files.newOutputStream(to);
            OutputStream out = to.toString().endsWith(".gz") ? new GZIPOutputStream(file) : file) {
          Files.copy(tar, out);
        }
      }
    }
    Map<String, String> options = new HashMap<>(SHORT);
    options.remove("limit");
    options.put("data", packed.toString());
    options.put("batch", "16");
    options.put("cache", "off");
    return options;
  }

  @Test
  void two_processes_read_packed_shards_as_one_does_even_when_they_were_stopped_in_an_epoch()
      throws IOException {
    Map<String, String> options = packed();
    AtomicLong seen = new AtomicLong();
    TrainingRun.Outcome one;
    try (TrainingRun run = run(plan(options), "one", ProcessGroup.single())) {
      one = run.train(TrainingRun.Start.NEW);
    }
    for (TrainingRun.Start start : TrainingRun.Start.values()) {
      List<TrainingResult> results =
          Team.of(
              2,
              group -> {
                try (TrainingRun run = run(plan(options), "two", group)) {
                  if (group.isFirst()) {
                    run.listen(
                        new TrainingListener() {
                          @Override
                          public void stepped(Step step) {
                            seen.addAndGet(step.images());
                            if (step.update() == 2) {
                              run.requestStop();
                            }
                          }
                        });
                  }
                  return run.train(start).result();
                }
              });
      boolean stopped = start == TrainingRun.Start.NEW;
      assertThat(results)
          .allMatch(
              r ->
                  r.end()
                      == (stopped ? TrainingResult.End.INTERRUPTED : TrainingResult.End.FINISHED));
      if (!stopped) {
        for (int epoch = 0; epoch < 2; epoch++) {
          assertThat(results.get(0).epochs().get(epoch).trainLoss())
              .isCloseTo(one.result().epochs().get(epoch).trainLoss(), within(1e-4));
          assertThat(results.get(0).epochs().get(epoch).trainTop1())
              .isEqualTo(one.result().epochs().get(epoch).trainTop1());
        }
      }
    }
    assertThat(seen).hasValue(2 * (130 / 16) * 16);
  }

  @Test
  void what_processes_must_share_is_named() {
    Map<String, String> identity = plan(SHORT).identity();
    assertThat(identity)
        .containsKeys("version of linnet", "version of libtorch", "pictures of data", "device")
        .containsEntry("batch", "64")
        .containsEntry("parallel.batch_norm", "own")
        .doesNotContainKeys("threads", "workers", "data");
  }
}
