package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.LiveObjects;
import dev.linnet.train.RunFolder;
import dev.linnet.weights.Hub;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SoakTest {
  /** What allocators and the heap may move without a leak. */
  private static final long SLACK = 60_000_000;

  /** Handles that wait for the collector; a leak would be one a step or hundreds a trainer. */
  private static final int FEW = 100;

  @TempDir private Path folder;
  private int runs;

  /** Trains; an evaluation ends each epoch. */
  private void train(int epochs, int limit) {
    LoadedRecipe loaded =
        RecipeReader.create()
            .read(
                "quick",
                Map.of("epochs", "" + epochs, "limit", "" + limit, "batch", "32"),
                List.of());
    Experiment experiment =
        Experiment.plan(
            loaded,
            new Experiment.Surroundings(
                Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
    RunFolder run = RunFolder.create(folder.resolve("run" + runs++));
    try (TrainingRun training = new TrainingRun(experiment, run, List.of("test"), w -> {})) {
      training.train(TrainingRun.Start.NEW);
    }
  }

  @Test
  void steps_evaluations_and_trainers_leave_native_memory_flat() {
    train(10, 40);
    train(1, 20);
    long objects = LiveObjects.settled();
    long bytes = Engine.physicalBytes();
    train(100, 40); // 100 evaluations, 1,100 updates
    assertThat(LiveObjects.settled()).isLessThanOrEqualTo(objects + FEW);
    for (int i = 0; i < 20; i++) {
      train(1, 20);
    }
    assertThat(LiveObjects.settled()).isLessThanOrEqualTo(objects + FEW);
    assertThat(Engine.physicalBytes()).isLessThan(bytes + SLACK);
  }

  @Test
  void a_million_reads_of_a_scalar_leave_native_memory_flat() {
    Scope scope = Scope.open("reads");
    try {
      Tensor x = Tensor.scalar(3);
      double sum = 0;
      for (int i = 0; i < 100_000; i++) {
        sum += x.item();
      }
      long objects = Engine.liveObjects();
      long bytes = Engine.physicalBytes();
      for (int i = 0; i < 900_000; i++) {
        sum += x.item();
      }
      assertThat(sum).isEqualTo(3_000_000);
      assertThat(Engine.liveObjects()).isEqualTo(objects);
      assertThat(Engine.physicalBytes()).isLessThan(bytes + SLACK);
    } finally {
      scope.close();
    }
  }
}
